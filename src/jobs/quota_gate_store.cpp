#include "jobs/quota_gate_store.hpp"

#include <map>

#include "access/tenant_store.hpp"
#include "ideamine/pg/bell.hpp"
#include "jobs/closings_store.hpp"
#include "jobs/money_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/released_store.hpp"
#include "jobs/served_class.hpp"
#include "quota/held_room_store.hpp"
#include "quota/shortages_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement list_demands{"SELECT j.ctid, " IDEAMINE_DEMAND
                                     ", j.job_id, j.project_id, " IDEAMINE_SERVED_AS(
                                         "j") "::text FROM unnest($1) AS locked (tid) "
                                              "JOIN ideamine.jobs j ON j.ctid = locked.tid",
                                     pg::Statement::Kind::writes_by_tid};

constinit pg::Statement list_holders{
    "SELECT j.ctid FROM unnest($1) AS locked (tid)"
    " JOIN ideamine.jobs j ON j.ctid = locked.tid"
    " JOIN ideamine.held_room h ON h.job_id = j.job_id AND h.tenant_id = j.tenant_id",
    pg::Statement::Kind::writes_by_tid};

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

// Others give way to jobs of these.
bool may_have_room_held(PriorityClass priority_class) {
    return priority_class <= PriorityClass::p1;
}

quota::Throttling throttling_in(PriorityClass priority_class) {
    return priority_class == PriorityClass::p0 ? quota::Throttling::ignored
                                               : quota::Throttling::honoured;
}

}  // namespace

// What a job asks for before it is leased.
struct QuotaLine::Wanted {
    Uuid job;
    quota::LeaseDemand demand;
    std::optional<MoneyNeed> money;
    bool may_hold = false;  // others give way to its class
    bool has_room = false;  // they did
};

QuotaLine::AllWanted QuotaLine::read_wanted(const std::string& tenant, const Tids& counted) {
    AllWanted all;
    if (counted.empty()) {
        return all;
    }
    bool may_hold = false;
    for (const pg::Row row : list_demands.execute(counted)) {
        const auto demand = Released::read_demand(row, 1);
        auto& wanted = all[key_of(row.get<pg::Tid>(0))];
        wanted = {.job = row.get<Uuid>(3),
                  .demand = demand,
                  .money = read_money(tenant, demand, row),
                  .may_hold = may_have_room_held(parse_priority_class(row.get<std::string>(5)))};
        may_hold = may_hold || wanted.may_hold;
    }
    if (may_hold && quota::counts_leases()) {
        for (const pg::Row row : list_holders.execute(counted)) {
            all[key_of(row.get<pg::Tid>(0))].has_room = true;
        }
    }
    return all;
}

bool Line::lets_pass(const quota::LeaseDemand& demand) const {
    return std::ranges::none_of(quota::leasable, [&](quota::Resource resource) {
        return demand.needs[resource] > 0 && waited_for_[resource] > 0;
    });
}

bool Line::lets_pass(std::string_view lane) const {
    return std::ranges::none_of(quota::leasable, [&](quota::Resource resource) {
        return waited_for_[resource] > 0 && lane_needs(lane, resource);
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
    if (gone_.contains(tenant.id_view()) ||
        is_passed_over(tenant.id_view(), lane.name_view(), priority_class)) {
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

void QuotaGate::refused(const std::string& tenant, const std::string& lane,
                        std::uint8_t priority_class) {
    ++refused_[tenant][lane][priority_class];
}

// Of a class for which room may be held, who has it must be found.
bool QuotaGate::is_passed_over(std::string_view tenant, std::string_view lane,
                               std::uint8_t priority_class) const {
    constexpr int most_refused = 512;
    const auto line = lines_.find(tenant);
    if (line != lines_.end() && !line->second.lets_pass(lane) &&
        !may_have_room_held(static_cast<PriorityClass>(priority_class))) {
        return true;
    }
    const auto lanes = refused_.find(tenant);
    if (lanes == refused_.end()) {
        return false;
    }
    const auto classes = lanes->second.find(lane);
    return classes != lanes->second.end() && classes->second[priority_class] >= most_refused;
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

QuotaLine::QuotaLine(PriorityClass served_as, Line& line)
    : throttling_(throttling_in(served_as)), line_(line) {}

// Somebody of a lower class may have what it needs. Who goes on asking for the same job need not
// say so each time.
void QuotaLine::hold_back(const std::string& tenant, const pg::Tid& tid, const Wanted& wanted) {
    constexpr auto silence = std::chrono::seconds{1};
    constinit static std::uint64_t latest = 0;
    constinit static Time latest_at{};
    const auto fit = quota::fit_of(tenant, wanted.demand.needs);
    if (fit == quota::Fit::later || (fit == quota::Fit::now && !line_.lets_pass(wanted.demand))) {
        line_.hold_back(wanted.demand);
    }
    if (!counts_leases_ || !wanted.may_hold || has_rung_ || wanted.demand.needs.empty()) {
        return;
    }
    const auto now = pg::now();
    if (latest != key_of(tid) || now - latest_at >= silence) {
        latest = key_of(tid);
        latest_at = now;
        has_rung_ = true;
        pg::bell::ring(Bell::room);
    }
}

bool QuotaLine::take(const std::string& tenant, const Wanted& wanted) {
    return (wanted.has_room && quota::claim_held_room(tenant, wanted.job)) ||
           (line_.lets_pass(wanted.demand) && quota::lease(tenant, wanted.demand, throttling_));
}

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
    auto all = read_wanted(tenant, counted);
    for (const auto& tid : jobs) {
        const auto& wanted = all[key_of(tid)];
        if (wanted.has_room && !quota::has_come_free(tenant, wanted.job, wanted.demand.needs)) {
            continue;  // it waits for who is to give way, and has its room then
        }
        const auto money = wanted.money ? money_keeper()->hold(*wanted.money) : std::nullopt;
        if (wanted.money && !money) {
            continue;  // others may have another budget
        }
        if (take(tenant, wanted)) {
            admitted.push_back(tid);
            if (money) {
                held.push_back(*money);
            }
        } else {
            if (money) {
                money_keeper()->give_up(*wanted.money);
            }
            hold_back(tenant, tid, wanted);
        }
    }
    if (!held.empty()) {
        money_keeper()->record(held);
    }
    return admitted;
}

bool QuotaLine::could_admit(const std::string& tenant, const Tids& jobs, const Tids& counted) {
    auto all = read_wanted(tenant, counted);
    return std::ranges::any_of(jobs, [&](const pg::Tid& tid) {
        const auto& wanted = all[key_of(tid)];
        if (wanted.money && money_keeper()->obstacle(*wanted.money)) {
            return false;
        }
        if (wanted.has_room) {
            return quota::has_come_free(tenant, wanted.job, wanted.demand.needs);
        }
        if (!counts_leases_ || (line_.lets_pass(wanted.demand) &&
                                quota::could_lease(tenant, wanted.demand, throttling_))) {
            return true;
        }
        hold_back(tenant, tid, wanted);
        return false;
    });
}

}  // namespace ideamine::jobs
