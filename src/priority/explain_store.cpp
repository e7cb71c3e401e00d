#include "priority/explain_store.hpp"

#include "jobs/closings_store.hpp"
#include "jobs/quota_gate_store.hpp"
#include "jobs/read_store.hpp"
#include "jobs/released_store.hpp"
#include "priority/priority_settings.hpp"

namespace ideamine::priority {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement list_history{
    "SELECT h.happened, h.explanation, h.related_job, h.at FROM ("
    "  SELECT epoch, 1 AS step, 'asked' AS happened, format('its worker was asked to stop: %s',"
    "    reason) AS explanation, beneficiary AS related_job, asked_at AS at"
    "  FROM ideamine.preemption_history WHERE tenant_id = $1 AND job_id = $2"
    "   AND metadata ? 'grace'"
    "  UNION ALL"
    "  SELECT epoch, 2, 'preempted', concat('as ', priority_class, ' it gave way: ', reason,"
    "    '; of ' || resource_type || ' ' || round((100 * utilization)::numeric, 1)"
    "     || ' % were in use',"
    "    ', and from ' || round((100 * threshold)::numeric, 1) || ' % on it gives way'),"
    "   beneficiary, preempted_at"
    "  FROM ideamine.preemption_history WHERE tenant_id = $1 AND job_id = $2"
    "   AND preempted_at IS NOT NULL"
    "  UNION ALL"
    "  SELECT epoch, 3, 'resumed', 'it was resumed', NULL, resumed_at"
    "  FROM ideamine.preemption_history WHERE tenant_id = $1 AND job_id = $2"
    "   AND resumed_at IS NOT NULL) AS h"
    " ORDER BY h.epoch, h.step",
    Kind::reads};

constinit pg::Statement find_job{
    "SELECT status::text, least(priority_class, inherited_class)::text, preemptions, resumed_at,"
    "  started_at, stop_by,"
    "  " IDEAMINE_DEMAND " FROM ideamine.jobs WHERE tenant_id = $1 AND job_id = $2",
    Kind::reads};

void add(pg::Returned& returned, std::string_view happens, const std::string& explanation,
         std::optional<Time> at = {}) {
    returned.add(happens, explanation, std::optional<Uuid>{}, at);
}

void explain_running(const pg::Row& job, pg::Returned& returned) {
    const Attempt attempt{.priority_class = jobs::parse_priority_class(job.get<std::string>(1)),
                          .preemptions = job.get<std::int32_t>(2),
                          .resumed_at = job.optional<Time>(3),
                          .started_at = job.optional<Time>(4).value_or(Time::min())};
    if (const auto stop_by = job.optional<Time>(5)) {
        add(returned, "stopping", "its worker has time to hand it back", stop_by);
        return;
    }
    // P0 is the class that everybody below it gives way to
    switch (judge(attempt, limits(), jobs::PriorityClass::p0, pg::now())) {
        case Legality::is_critical:
        case Legality::is_no_lower:
            return add(returned, "protected", "P0 is never preempted");
        case Legality::cools_down:
            return add(returned, "protected", "it was resumed a short time ago",
                       protected_until(attempt, limits()));
        case Legality::is_spared:
            return add(returned, "protected", "it has given way as often as it may");
        case Legality::fails:
            return add(returned, "preemptible",
                       "it has given way as often as it may: if it is to give way once more, "
                       "it fails");
        case Legality::may:
            return add(returned, "preemptible", "it gives way if a higher class needs its room");
    }
}

void explain_aside(const std::string& tenant, const Uuid& id, const pg::Row& job,
                   pg::Returned& returned) {
    const auto closed = jobs::list_closed(tenant, id, pg::now());
    for (const auto& [explanation, until] : closed) {
        add(returned, "waiting", explanation, until);
    }
    const auto is_critical = job.get<std::string>(1) == "P0";
    const auto throttling = is_critical ? quota::Throttling::ignored : quota::Throttling::honoured;
    const auto obstacles =
        quota::obstacles(tenant, jobs::Released::read_demand(job, 6), throttling);
    for (const auto& obstacle : obstacles) {
        add(returned, "waiting", obstacle.explanation, obstacle.until);
    }
    if (obstacles.empty() && closed.empty()) {
        add(returned, "waiting", "there is room for it: it is resumed with the next pass");
    }
}

}  // namespace

void explain(const std::string& tenant, const Uuid& job, pg::Returned& returned) {
    const auto status = jobs::require_job(tenant, job);
    returned.add(list_history.execute(tenant, job));
    const auto rows = find_job.execute(tenant, job);
    if (rows.empty()) {
        return;
    }
    if (status == "running") {
        explain_running(rows[0], returned);
    } else if (status == "preempted") {
        explain_aside(tenant, job, rows[0], returned);
    }
}

}  // namespace ideamine::priority
