#include "priority/utilization_store.hpp"

#include "quota/platform_ledger_store.hpp"
#include "quota/tenant_ledger_store.hpp"

namespace ideamine::priority {

double Utilization::share() const {
    if (capacity == admission::unlimited || used <= 0) {
        return 0;
    }
    return used >= capacity ? 1 : static_cast<double>(used) / static_cast<double>(capacity);
}

Utilization utilization(const std::optional<std::string>& tenant, quota::Resource resource) {
    const auto reading = tenant
                             ? quota::read_counter(*tenant, resource)
                             : admission::shared::read(quota::platform_party(), index_of(resource));
    return {.used = in_use(reading.usage), .capacity = reading.limits.limit};
}

}  // namespace ideamine::priority
