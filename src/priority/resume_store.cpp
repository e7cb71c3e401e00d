#include "priority/resume_store.hpp"

#include <map>

#include "ideamine/pg/random.hpp"
#include "jobs/closings_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/quota_gate_store.hpp"
#include "jobs/read_store.hpp"
#include "jobs/released_store.hpp"
#include "priority/aging.hpp"
#include "priority/priority_settings.hpp"

namespace ideamine::priority {

namespace {

using jobs::PriorityClass;

#define IDEAMINE_ASIDE                                                               \
    "tenant_id, job_id, least(priority_class, inherited_class)::text, preempted_at," \
    " preemption_reason, " IDEAMINE_DEMAND

constinit pg::Statement lock_job{
    "SELECT " IDEAMINE_ASIDE
    " FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND job_id = $2 AND status::text = 'preempted' FOR NO KEY UPDATE"};

constinit pg::Statement lock_all{
    "SELECT " IDEAMINE_ASIDE
    " FROM ideamine.jobs WHERE waits_for = 'room'"
    " ORDER BY tenant_id, preempted_at LIMIT 100000 FOR NO KEY UPDATE SKIP LOCKED"};

// It has waited since it gave way.
constinit pg::Statement put_back{
    "UPDATE ideamine.jobs j SET status = 'pending', closed = NULL, resumed_at = $3,"
    "  ready_at = CASE WHEN j.run_at <= $3 THEN j.preempted_at END"
    " FROM unnest($1::text[], $2::uuid[]) AS r (tenant_id, job_id)"
    " WHERE j.job_id = r.job_id AND j.tenant_id = r.tenant_id AND j.status::text = 'preempted'"
    " RETURNING " IDEAMINE_READY("j")};

constinit pg::Statement note_resumption{
    "WITH noted AS ("
    "  UPDATE ideamine.preemption_history h SET resumed_at = $4"
    "  FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS r (tenant_id, job_id, event_id)"
    "  WHERE h.job_id = r.job_id AND h.tenant_id = r.tenant_id AND h.preempted_at IS NOT NULL"
    "   AND h.resumed_at IS NULL"
    "  RETURNING r.event_id, h.tenant_id, h.job_id, h.run_id, h.reason, h.preempted_at)"
    " INSERT INTO ideamine.events (event_id, tenant_id, event_type, payload, created_at)"
    " SELECT event_id, tenant_id, 'task-resumed', jsonb_strip_nulls(jsonb_build_object("
    "  'job_id', job_id, 'run_id', run_id, 'reason', reason, 'preempted_at', preempted_at)), $4"
    " FROM noted"};

struct Aside {
    std::string tenant;
    Uuid job;
    PriorityClass served_as;
    Time since;
    quota::LeaseDemand demand;

    PriorityClass effective_class(Time at) const {
        return aged(served_as, at - since, aging_interval());
    }
};

Aside read_aside(const pg::Row& row) {
    return {.tenant = row.get<std::string>(0),
            .job = row.get<Uuid>(1),
            .served_as = jobs::parse_priority_class(row.get<std::string>(2)),
            .since = row.optional<Time>(3).value_or(Time::min()),
            .demand = jobs::Released::read_demand(row, 5)};
}

quota::Throttling throttling_of(const Aside& aside) {
    return aside.served_as == PriorityClass::p0 ? quota::Throttling::ignored
                                                : quota::Throttling::honoured;
}

void put_back_all(const std::vector<std::string>& tenants, const std::vector<Uuid>& jobs,
                  Time now) {
    std::vector<Uuid> events;
    std::ranges::generate_n(std::back_inserter(events), static_cast<std::ptrdiff_t>(jobs.size()),
                            pg::make_uuid);
    jobs::publish_ready(put_back.execute(tenants, jobs, now));
    note_resumption.execute(tenants, jobs, events, now);
}

// What those that were resumed in this pass are going to hold.
class Pass {
  public:
    explicit Pass(Time at) : at_(at) {}

    bool lets_pass(const Aside& aside) {
        auto& tenant = tenants_[aside.tenant];
        const bool has_waited_long =
            aging_interval() > Duration::zero() && at_ - aside.since >= aging_interval();
        const bool fits =
            tenant.line.lets_pass(aside.demand) &&
            quota::could_lease(aside.tenant, aside.demand, throttling_of(aside),
                               {.of_tenant = tenant.promised, .of_platform = promised_});
        if (!fits) {
            tenant.line.hold_back(aside.demand);
        }
        if (fits || has_waited_long) {
            tenant.promised += aside.demand.needs;
            promised_ += aside.demand.needs;
        }
        return fits || has_waited_long;
    }

  private:
    struct OfTenant {
        jobs::Line line;
        quota::Needs promised;
    };

    Time at_;
    std::map<std::string, OfTenant> tenants_;
    quota::Needs promised_;
};

}  // namespace

std::optional<std::string> resume(const std::string& tenant, const Uuid& job) {
    const auto rows = lock_job.execute(tenant, job);
    if (rows.empty()) {
        return "it is " + jobs::require_job(tenant, job);
    }
    if (const auto closed = jobs::list_closed(tenant, job, pg::now()); !closed.empty()) {
        return closed.front().explanation;
    }
    const auto aside = read_aside(rows[0]);
    const auto obstacles = quota::obstacles(tenant, aside.demand, throttling_of(aside));
    if (!obstacles.empty()) {
        return obstacles.front().explanation;
    }
    put_back_all({tenant}, {job}, pg::now());
    return std::nullopt;
}

std::int64_t resume_all(Time at) {
    std::vector<Aside> asides;
    for (const pg::Row row : lock_all.execute()) {
        asides.push_back(read_aside(row));
    }
    std::ranges::sort(asides, {}, [at](const Aside& aside) {
        return std::tuple{aside.effective_class(at), aside.since, aside.job};
    });
    Pass pass{at};
    std::vector<std::string> tenants;
    std::vector<Uuid> jobs;
    for (const auto& aside : asides) {
        pg::check_interrupts();
        if (pass.lets_pass(aside)) {
            tenants.push_back(aside.tenant);
            jobs.push_back(aside.job);
        }
    }
    if (!jobs.empty()) {
        put_back_all(tenants, jobs, pg::now());
    }
    return static_cast<std::int64_t>(jobs.size());
}

}  // namespace ideamine::priority
