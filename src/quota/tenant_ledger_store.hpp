// What the counters of a tenant are loaded from.
#pragma once

#include "admission/admission_shared.hpp"
#include "quota/quotas.hpp"

namespace ideamine::quota {

// The scope of a tenant, with its ledger. The name is not copied.
admission::shared::Party tenant_party(std::string_view tenant);

// As its row says, or its tier if it has none. Throws ID404 if there is no such tenant;
// default-tenant counts as made. Inside a pg::Spi.
Quotas read_quotas(const std::string& tenant);

}  // namespace ideamine::quota
