#include "quota/shortages_store.hpp"

#include "quota/platform_ledger_store.hpp"
#include "quota/tenant_ledger_store.hpp"

namespace ideamine::quota {

namespace {

namespace counters = admission::shared;

// Calls `work` with what the job needs of one resource, and how that counter stands.
template <typename Work>
void for_each_ask(const std::string& tenant, const Needs& needs, Work&& work) {
    for (const auto resource : leasable) {
        for (const auto& party : {tenant_party(tenant), platform_party()}) {
            if (needs[resource] > 0) {
                const counters::Ask ask{
                    .party = party, .resource = index_of(resource), .amount = needs[resource]};
                work(ask, counters::read(party, ask.resource));
            }
        }
    }
}

bool fits(const admission::Limits& limits, const admission::Usage& usage, Amount amount) {
    return judge(limits, usage, amount, false, pg::now()).allowed();
}

double share_of(const admission::Reading& reading) {
    const auto used = in_use(reading.usage);
    return used >= reading.limits.limit
               ? 1
               : static_cast<double>(used) / static_cast<double>(reading.limits.limit);
}

}  // namespace

std::vector<Shortage> shortages(const std::string& tenant, const Needs& needs, const Freed& freed) {
    std::vector<Shortage> found;
    for_each_ask(tenant, needs, [&](const counters::Ask& ask, const admission::Reading& reading) {
        const auto usage = with_credit(reading.usage, freed.of(ask));
        if (!fits(reading.limits, usage, ask.amount)) {
            const auto used = in_use(usage);
            found.push_back(
                {.resource = static_cast<Resource>(ask.resource),
                 .of_platform = ask.party.scope.kind == platform_kind,
                 .missing = std::max<Amount>(used - reading.limits.limit + ask.amount, 1),
                 .limit = reading.limits.limit,
                 .utilization = share_of(reading)});
        }
    });
    return found;
}

Fit fit_of(const std::string& tenant, const Needs& needs) {
    auto fit = Fit::now;
    for_each_ask(tenant, needs, [&](const counters::Ask& ask, const admission::Reading& reading) {
        if (!fits(reading.limits, {}, ask.amount)) {
            fit = Fit::never;
        } else if (!fits(reading.limits, reading.usage, ask.amount)) {
            fit = std::max(fit, Fit::later);
        }
    });
    return fit;
}

}  // namespace ideamine::quota
