// What the counters of a tenant are loaded from.
#pragma once

#include "admission/admission_shared.hpp"
#include "quota/day.hpp"
#include "quota/quotas.hpp"

namespace ideamine::quota {

inline constexpr char tenant_kind = 't';
const admission::Ledger& tenant_ledger();

// The scope of a tenant, with its ledger. The name is not copied.
admission::shared::Party tenant_party(std::string_view tenant);

// How a counter of a tenant stands. Throws ID404 if there is no such tenant.
admission::Reading read_counter(std::string_view tenant, Resource resource, Time now = pg::now());
// The same of a reading that is there already. Counters of a tenant that was deleted say that
// everything is full, because nobody else's work may fail for it.
void require_known(std::string_view tenant, const admission::Reading& reading);

// As its row says, or its tier if it has none. Throws ID404 if there is no such tenant;
// default-tenant counts as made. Inside a pg::Spi.
Quotas read_quotas(const std::string& tenant);

// The tenant's day in which `now` lies. The same.
Day read_today(const std::string& tenant, Time now);

}  // namespace ideamine::quota
