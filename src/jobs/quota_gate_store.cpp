#include "jobs/quota_gate_store.hpp"

#include <map>

#include "access/tenant_store.hpp"
#include "jobs/closings_store.hpp"
#include "jobs/money_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/released_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement list_demands{"SELECT j.ctid, " IDEAMINE_DEMAND
                                     ", j.job_id, j.project_id FROM unnest($1) AS locked (tid) "
                                     "JOIN ideamine.jobs j ON j.ctid = locked.tid",
                                     pg::Statement::Kind::writes_by_tid};

// What a job asks for before it is leased.
struct Demand {
    quota::LeaseDemand lease;
    std::optional<MoneyNeed> money;
};
using Demands = std::map<std::uint64_t, Demand>;

std::optional<MoneyNeed> read_money(const std::string& tenant, const quota::LeaseDemand& demand,
                                    const pg::Row& row) {
    const auto amount = demand.needs[quota::Resource::cost];
    if (amount == 0 || money_keeper() == nullptr) {
        return std::nullopt;
    }
    return MoneyNeed{.tenant = tenant,
                     .job = row.get<Uuid>(3),
                     .run = demand.run,
                     .project = row.optional<std::string>(4),
                     .amount = amount};
}

Demands read_demands(const std::string& tenant, const Tids& counted) {
    Demands demands;
    if (!counted.empty()) {
        for (const pg::Row row : list_demands.execute(counted)) {
            const auto lease = Released::read_demand(row, 1);
            demands[key_of(row.get<pg::Tid>(0))] = {.lease = lease,
                                                    .money = read_money(tenant, lease, row)};
        }
    }
    return demands;
}

Demand demand_of(const Demands& demands, const pg::Tid& tid) {
    const auto found = demands.find(key_of(tid));
    return found == demands.end() ? Demand{} : found->second;
}

// Both or neither.
bool hold_all(const std::string& tenant, const Demand& demand, quota::Throttling throttling,
              std::vector<MoneyHeld>& held) {
    if (!demand.money) {
        return quota::lease(tenant, demand.lease, throttling);
    }
    const auto money = money_keeper()->hold(*demand.money);
    if (!money) {
        return false;
    }
    if (!quota::lease(tenant, demand.lease, throttling)) {
        money_keeper()->give_up(*demand.money);
        return false;
    }
    held.push_back(*money);
    return true;
}

quota::Throttling throttling_in(PriorityClass priority_class) {
    return priority_class == PriorityClass::p0 ? quota::Throttling::ignored
                                               : quota::Throttling::honoured;
}

}  // namespace

bool Line::lets_pass(const quota::LeaseDemand& demand) const {
    return std::ranges::none_of(quota::leasable, [&](quota::Resource resource) {
        return demand.needs[resource] > 0 && waited_for_[resource] > 0;
    });
}

void Line::hold_back(const quota::LeaseDemand& demand) {
    for (const auto resource : quota::leasable) {
        waited_for_[resource] = std::max(waited_for_[resource], demand.needs[resource]);
    }
}

QuotaGate::QuotaGate() {
    quota::prepare_standings();
    if (counts_leases_) {
        hear_of_closings();
    }
}

// With the lock of the plane. Jobs that need something, or have a run, are asked for one by one
// when they have been taken.
dispatch::Gate::Answer QuotaGate::ask(const dispatch::Tenant& tenant, const dispatch::Lane& lane,
                                      std::uint8_t priority_class) {
    if (!counts_leases_) {
        return Answer::pass;
    }
    if (gone_.contains(tenant.id_view())) {
        return Answer::park;
    }
    const auto* closed = known_closed(tenant.id_view());
    if (closed == nullptr) {
        unknown_ = tenant.id_view();
        return Answer::stop;
    }
    if (closed->is_closed(static_cast<PriorityClass>(priority_class), now_)) {
        return Answer::park;
    }
    throttling_ = throttling_in(static_cast<PriorityClass>(priority_class));
    const auto standing = quota::known_standing(now_, tenant.id_view(), throttling_);
    if (!standing) {
        unknown_ = tenant.id_view();
        return Answer::stop;
    }
    const bool is_counted = lane.name_view().back() == counted_mark;
    const bool passes =
        *standing == quota::Standing::open || (*standing == quota::Standing::full && is_counted);
    return passes ? Answer::pass : Answer::park;
}

bool QuotaGate::find_out() {
    if (unknown_.empty()) {
        return false;
    }
    const auto tenant = std::exchange(unknown_, {});
    now_ = pg::now();  // it may be that a day has begun since
    if (access::has_tenant(tenant)) {
        read_closed(tenant);
        quota::standing(tenant, throttling_);
    } else {
        gone_.insert(tenant);
    }
    return true;
}

QuotaLine::QuotaLine(PriorityClass priority_class) : throttling_(throttling_in(priority_class)) {}

Tids QuotaLine::admit(const std::string& tenant, const Tids& jobs, const Tids& counted) {
    if (!counts_leases_ || jobs.empty()) {
        return jobs;
    }
    if (counted.empty()) {
        const auto fitting =
            quota::lease_plain(tenant, static_cast<std::int64_t>(jobs.size()), throttling_);
        return {jobs.begin(), jobs.begin() + fitting};
    }
    Tids admitted;
    std::vector<MoneyHeld> held;
    const auto demands = read_demands(tenant, counted);
    for (const auto& tid : jobs) {
        const auto demand = demand_of(demands, tid);
        if (!line_.lets_pass(demand.lease) || !hold_all(tenant, demand, throttling_, held)) {
            line_.hold_back(demand.lease);
            continue;
        }
        admitted.push_back(tid);
    }
    if (!held.empty()) {
        money_keeper()->record(held);
    }
    return admitted;
}

bool QuotaLine::could_admit(const std::string& tenant, const Tids& jobs, const Tids& counted) {
    const auto demands = read_demands(tenant, counted);
    return std::ranges::any_of(jobs, [&](const pg::Tid& tid) {
        const auto demand = demand_of(demands, tid);
        const bool could = line_.lets_pass(demand.lease) &&
                           quota::could_lease(tenant, demand.lease, throttling_) &&
                           !(demand.money && money_keeper()->obstacle(*demand.money));
        if (!counts_leases_ || could) {
            return true;
        }
        line_.hold_back(demand.lease);
        return false;
    });
}

}  // namespace ideamine::jobs
