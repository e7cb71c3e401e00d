#include "quota/leases_store.hpp"

#include "admission/accounts_shared.hpp"
#include "dispatch/running.hpp"
#include "ideamine/pg/bell.hpp"
#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/spi.hpp"
#include "quota/platform_ledger_store.hpp"
#include "quota/tenant_ledger_store.hpp"

namespace ideamine::quota {

namespace {

namespace counters = admission::shared;

constexpr auto runs = Resource::concurrent_runs;

constinit pg::Statement count_leases{
    "SELECT count(*) FROM (SELECT FROM " IDEAMINE_RUNNING(
        "") " WHERE j.status = 'running' AND j.tenant_id = $1 AND j.run_id = $2"
            " UNION ALL SELECT FROM ideamine.held_room WHERE tenant_id = $1 AND run_id = $2) AS h",
    pg::Statement::Kind::reads_latest};

// Without a limit.
class RunLedger final : public admission::Ledger {
  public:
    constexpr RunLedger() = default;

    admission::Rules read_rules(std::string_view, Time) const override { return {}; }

    admission::Sums read_sums(std::string_view id, int, Time) const override {
        const auto tenant_length = id.size() - Uuid{}.bytes.size();
        Uuid run;
        std::ranges::copy(id.substr(tenant_length), run.bytes.begin());
        const auto rows = count_leases.execute(id.substr(0, tenant_length), run);
        return {.settled = 0, .leased = rows[0].get<std::int64_t>(0)};
    }

    void report(std::string_view, int, admission::Happening,
                const admission::Reading&) const noexcept override {}
};

constinit const RunLedger ledger;

std::string run_id(const std::string& tenant, const Uuid& run) {
    std::string id = tenant;
    id.append(reinterpret_cast<const char*>(run.bytes.data()), run.bytes.size());
    return id;
}

counters::Party run_party(std::string_view id) {
    return {.ledger = &ledger, .scope = {.kind = run_kind, .id = id}};
}

// The jobs of a run, in the runs of its tenant.
counters::Membership membership(const std::string& tenant, std::string_view id,
                                std::int64_t leases) {
    return {.member = run_party(id),
            .leases = leases,
            .group = tenant_party(tenant),
            .resource = index_of(runs)};
}

counters::Ask ask(const counters::Party& party, Resource resource, Amount amount) {
    return {.party = party, .resource = index_of(resource), .amount = amount};
}

// Of its tenant's quotas and of the platform's capacity.
std::vector<counters::Ask> asks_for(const std::string& tenant, const Needs& needs) {
    std::vector<counters::Ask> asks;
    for (const auto resource : leasable) {
        if (needs[resource] > 0) {
            asks.push_back(ask(tenant_party(tenant), resource, needs[resource]));
            asks.push_back(ask(platform_party(), resource, needs[resource]));
        }
    }
    return asks;
}

bool admit_all(std::span<const counters::Ask> asks, Throttling throttling) {
    const auto answers = counters::admit(asks, throttling, counters::Purpose::lease);
    return std::ranges::all_of(answers,
                               [](const auto& answer) { return answer.verdict.allowed(); });
}

bool fits(const counters::Ask& ask, Throttling throttling) {
    const auto reading = counters::read(ask.party, ask.resource);
    const auto now = pg::now();
    const bool throttled = throttling == Throttling::honoured && reading.is_throttled(now);
    return judge(reading.limits, reading.usage, ask.amount, throttled, now).allowed();
}

bool is_running(const std::string& tenant, const Uuid& run) {
    return in_use(counters::read(run_party(run_id(tenant, run)), 0).usage) > 0;
}

}  // namespace

const admission::Ledger& run_ledger() {
    return ledger;
}

bool counts_leases() {
    return pg::installed_version() >= Version{1, 2};
}

Needs read_needs(const pg::JsonValue& value) {
    using Kind = pg::JsonValue::Kind;
    if (value.kind() != Kind::object) {
        throw Error(Code::invalid_argument, "needs must be an object of resources and amounts");
    }
    Needs needs;
    for (const auto& [key, amount] : value.members()) {
        const auto resource =
            key == to_string(Resource::cost) ? Resource::cost : parse_leasable(key);
        const auto name = "needs." + std::string{key};
        if (amount.kind() != Kind::number) {
            throw Error(Code::invalid_argument, name + " must be a number");
        }
        needs[resource] =
            pg::to_units(name, amount.decimal(), decimal_digits(resource), pg::Rounding::up, false);
        if (needs[resource] <= 0) {
            throw Error(Code::invalid_argument, name + " must be above 0");
        }
    }
    return needs;
}

namespace {

Standing standing_of(const admission::Reading& reading, Throttling throttling, Time now) {
    if (throttling == Throttling::honoured && reading.is_throttled(now)) {
        return Standing::throttled;
    }
    return remaining(reading.limits, reading.usage) > 0 ? Standing::open : Standing::full;
}

}  // namespace

Standing standing(const std::string& tenant, Throttling throttling) {
    const auto now = pg::now();
    return standing_of(counters::read(tenant_party(tenant), index_of(runs), now), throttling, now);
}

void prepare_standings() {
    counters::check_available();
}

std::optional<Standing> known_standing(Time now, std::string_view tenant, Throttling throttling) {
    const auto reading = counters::read_loaded(tenant_party(tenant), index_of(runs), now);
    return reading ? std::optional{standing_of(*reading, throttling, now)} : std::nullopt;
}

namespace {

// All that would have to be taken for it.
std::vector<counters::Ask> asks_for(const std::string& tenant, const LeaseDemand& demand) {
    auto asks = asks_for(tenant, demand.needs);
    if (!demand.run || !is_running(tenant, *demand.run)) {
        asks.push_back(ask(tenant_party(tenant), runs, 1));
    }
    return asks;
}

}  // namespace

bool could_lease(const std::string& tenant, const LeaseDemand& demand, Throttling throttling,
                 const Promised& promised) {
    return std::ranges::all_of(asks_for(tenant, demand), [&](auto ask) {
        const auto resource = static_cast<Resource>(ask.resource);
        ask.amount += ask.party.scope.kind == platform_kind ? promised.of_platform[resource]
                                                            : promised.of_tenant[resource];
        return fits(ask, throttling);
    });
}

std::vector<Obstacle> obstacles(const std::string& tenant, const LeaseDemand& demand,
                                Throttling throttling) {
    const auto now = pg::now();
    std::vector<Obstacle> found;
    for (const auto& ask : asks_for(tenant, demand)) {
        const auto reading = counters::read(ask.party, ask.resource);
        if (throttling == Throttling::honoured && reading.is_throttled(now)) {
            return {{"its tenant is throttled", reading.throttled_until}};
        }
        if (!judge(reading.limits, reading.usage, ask.amount, false, now).allowed()) {
            const auto resource = static_cast<Resource>(ask.resource);
            const auto amount = [resource](Amount units) {
                return to_decimal(units, decimal_digits(resource));
            };
            // what the platform has in use is not for everybody
            const auto room = ask.party.scope.kind == platform_kind
                                  ? "the platform has no room for it"
                                  : amount(in_use(reading.usage)) + " of " +
                                        amount(reading.limits.limit) + " are in use";
            found.push_back({"it needs " + amount(ask.amount) + " of " +
                                 std::string{to_string(resource)} + ", and " + room,
                             std::nullopt});
        }
    }
    return found;
}

Amount Freed::of(const counters::Ask& ask) const {
    const auto resource = static_cast<Resource>(ask.resource);
    if (ask.party.scope.kind == platform_kind) {
        return of_platform[resource];
    }
    const auto found = of_tenants.find(std::string{ask.party.scope.id});
    return found == of_tenants.end() ? 0 : found->second[resource];
}

bool lease(const std::string& tenant, const LeaseDemand& demand, Throttling throttling,
           const Freed& freed) {
    auto asks = asks_for(tenant, demand.needs);
    for (auto& ask : asks) {
        ask.credit = freed.of(ask);
    }
    if (!demand.run) {
        asks.push_back(ask(tenant_party(tenant), runs, 1));
        return admit_all(asks, throttling);
    }
    if (!asks.empty() && !admit_all(asks, throttling)) {
        return false;
    }
    // what this job has just been given may throttle those that come after it
    const auto of_run = asks.empty() ? throttling : Throttling::ignored;
    const auto id = run_id(tenant, *demand.run);
    if (counters::join(membership(tenant, id, 1), of_run).verdict.allowed()) {
        return true;
    }
    std::ranges::for_each(asks, counters::give_up_lease);
    return false;
}

std::int64_t lease_plain(const std::string& tenant, std::int64_t count, Throttling throttling) {
    return counters::admit_some(ask(tenant_party(tenant), runs, count), throttling,
                                counters::Purpose::lease);
}

void EndedLeases::add(const std::string& tenant, const LeaseDemand& demand) {
    auto& ended = tenants_[tenant];
    ended.needs += demand.needs;
    if (demand.run) {
        ++ended.runs[*demand.run];
    } else {
        ++ended.plain;
    }
    ended.needy += demand.needs.empty() ? 0 : 1;
}

void EndedLeases::add(const EndedLeases& others) {
    for (const auto& [tenant, other] : others.tenants_) {
        auto& ended = tenants_[tenant];
        ended.needs += other.needs;
        ended.plain += other.plain;
        ended.needy += other.needy;
        for (const auto& [run, count] : other.runs) {
            ended.runs[run] += count;
        }
    }
}

namespace {

std::vector<counters::Ending::Part> parts_of(const Needs& needs) {
    std::vector<counters::Ending::Part> parts;
    for (const auto resource : leasable) {
        if (needs[resource] > 0) {
            parts.push_back({index_of(resource), needs[resource]});
        }
    }
    return parts;
}

}  // namespace

void EndedLeases::end_on_platform() const {
    Needs needs;
    for (const auto& [tenant, ended] : tenants_) {
        needs += ended.needs;
    }
    if (!needs.empty()) {
        counters::end_leases({.scope = platform_party(),
                              .parts = parts_of(needs),
                              .group = index_of(runs),
                              .members = {}});
        pg::bell::ring_at_commit(Bell::freed);
    }
}

std::int64_t EndedLeases::end() const {
    end_on_platform();
    std::int64_t waited_for = 0;
    for (const auto& [tenant, ended] : tenants_) {
        counters::Ending ending{.scope = tenant_party(tenant),
                                .parts = parts_of(ended.needs),
                                .group = index_of(runs),
                                .members = {}};
        if (ended.plain > 0) {
            ending.parts.push_back({index_of(runs), ended.plain});
        }
        std::vector<std::string> ids;
        ids.reserve(ended.runs.size());
        for (const auto& [run, count] : ended.runs) {
            ids.push_back(run_id(tenant, run));
            ending.members.push_back({run_party(ids.back()), count});
        }
        // they count until the commit, so that this is what there was before
        const auto before = counters::end_leases(ending);
        const bool was_full = remaining(before.limits, before.usage) <= 0;
        waited_for +=
            was_full ? ended.plain + static_cast<std::int64_t>(ended.runs.size()) : ended.needy;
    }
    return waited_for;
}

}  // namespace ideamine::quota
