#include "quota/quota_store.hpp"

#include "access/tenant.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/spi.hpp"
#include "quota/room.hpp"
#include "quota/tenant_ledger_store.hpp"
#include "quota/usage_store.hpp"
#include "quota/violations_shared.hpp"

namespace ideamine::quota {

namespace {

namespace counters = admission::shared;

counters::Ask ask_of(std::string_view tenant, const Demand& demand) {
    return {.party = tenant_party(tenant),
            .resource = index_of(demand.resource),
            .amount = demand.amount};
}

void append(std::string_view tenant, const Demand& demand, const admission::Reading& reading,
            const Purpose& purpose) {
    append_usage({.tenant = tenant,
                  .resource = demand.resource,
                  .amount = demand.amount,
                  .window_start = is_gauge(demand.resource) ? Time::min() : reading.window_start,
                  .run = purpose.run,
                  .job = purpose.job});
}

// All others are known once their counters are loaded.
void make_default_tenant(const std::string& tenant) {
    if (tenant == access::default_tenant) {
        const pg::AsOwner as_owner;
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::may_create);
    }
}

void queue_refusals(std::string_view tenant, std::span<const Demand> demands,
                    const std::vector<counters::Answer>& answers) {
    for (std::size_t i = 0; i < demands.size(); ++i) {
        if (!answers[i].verdict.allowed()) {
            shared::queue_violation(tenant, demands[i].resource, Action::reject, answers[i].reading,
                                    demands[i].amount, pg::now());
        }
    }
}

}  // namespace

Finding check(std::string_view tenant, const Demand& demand) {
    const auto now = pg::now();
    const auto reading = read_counter(tenant, demand.resource, now);
    return {.verdict = admission::judge(reading.limits, reading.usage, demand.amount,
                                        reading.is_throttled(now), now),
            .reading = reading};
}

std::vector<counters::Answer> enforce(const std::string& tenant, std::span<const Demand> demands,
                                      const Purpose& purpose, Throttling throttling) {
    make_default_tenant(tenant);
    std::vector<counters::Ask> asks;
    for (const auto& demand : demands) {
        asks.push_back(ask_of(tenant, demand));
    }
    const auto admit = [&] { return counters::admit(asks, throttling, counters::Purpose::usage); };
    auto answers = admit();
    if (!answers.front().reading.exists) {
        read_counter(tenant, demands.front().resource);
        answers = admit();
    }
    const auto is_allowed = [](const auto& answer) { return answer.verdict.allowed(); };
    if (!std::ranges::all_of(answers, is_allowed)) {
        queue_refusals(tenant, demands, answers);
        return answers;
    }
    for (std::size_t i = 0; i < demands.size(); ++i) {
        append(tenant, demands[i], answers[i].reading, purpose);
    }
    return answers;
}

admission::Reading record(const std::string& tenant, const Demand& demand, const Purpose& purpose) {
    make_default_tenant(tenant);
    read_counter(tenant, demand.resource);
    const auto answer = counters::take(ask_of(tenant, demand), counters::Purpose::usage);
    append(tenant, demand, answer.reading, purpose);
    return answer.reading;
}

Amount release(const std::string& tenant, const Demand& demand, const Purpose& purpose) {
    const auto amount = counters::release(ask_of(tenant, demand));
    if (amount > 0) {
        append(tenant, {demand.resource, -amount}, {}, purpose);
        tell_of_room(1);
    } else {
        read_counter(tenant, demand.resource);
    }
    return amount;
}

}  // namespace ideamine::quota
