// Why a job is not running.
#pragma once

#include "ideamine/pg/function.hpp"

namespace ideamine::jobs {

// A row for each thing that the job waits for, in the columns of explain_job(). Throws ID404 for
// an unknown job. Inside a pg::Spi.
void explain(const std::string& tenant, const Uuid& job, pg::Returned& returned);

}  // namespace ideamine::jobs
