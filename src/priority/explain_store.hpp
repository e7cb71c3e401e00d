// Why a job gave way, and what of that is to come.
#pragma once

#include "ideamine/pg/function.hpp"

namespace ideamine::priority {

// Rows of explain_preemption(). Throws ID404. Inside a pg::Spi, as who may read the tenant's rows.
void explain(const std::string& tenant, const Uuid& job, pg::Returned& returned);

}  // namespace ideamine::priority
