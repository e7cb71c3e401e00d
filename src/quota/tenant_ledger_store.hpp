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

// How a counter of a tenant stands. Throws ID404 if there is no such tenant, of which the mechanism
// itself says that everything is full, because nobody else's work may fail for it.
admission::Reading read_counter(std::string_view tenant, Resource resource, Time now = pg::now());

// As its row says, or its tier if it has none. Throws ID404 if there is no such tenant;
// default-tenant counts as made. Inside a pg::Spi.
Quotas read_quotas(const std::string& tenant);

// The time zone in which a tenant's days begin, and the one before it, as day_of() takes them.
struct Whereabouts {
    std::string zone;
    std::optional<Time> since;  // none: ever
    std::string before;
    Time before_since;
};
// None if there is no such tenant. The same.
std::optional<Whereabouts> find_whereabouts(const std::string& tenant);

// The tenant's day in which `now` lies. The same.
Day read_today(const std::string& tenant, Time now);

}  // namespace ideamine::quota
