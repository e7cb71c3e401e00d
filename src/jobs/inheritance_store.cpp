#include "jobs/inheritance_store.hpp"

#include "dispatch/leases_shared.hpp"
#include "ideamine/pg/extension.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/served_class.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

// Locked before it is judged, in another statement: who locks a job last judges it by all that was
// committed before.
constinit pg::Statement lock_listed{
    "SELECT j.tenant_id, j.job_id"
    " FROM (SELECT DISTINCT tenant_id, job_id FROM unnest($1::text[], $2::uuid[])"
    "       AS n (tenant_id, job_id) ORDER BY job_id) AS n"
    " CROSS JOIN LATERAL ("
    "  SELECT tenant_id, job_id FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id AND finished_at IS NULL"
    "  FOR NO KEY UPDATE SKIP LOCKED) AS j"};

// The highest class of those that wait for job j: its dependents, and the job that it votes on.
#define IDEAMINE_HIGHEST_BEHIND_J \
    "(SELECT min(" IDEAMINE_SERVED_AS("b") ") FROM ("                                        \
    "   SELECT job_id FROM ideamine.job_dependencies"                                            \
    "   WHERE depends_on = j.job_id AND tenant_id = j.tenant_id AND j.dependents > 0"            \
    "   UNION ALL SELECT j.quorum_of WHERE j.quorum_of IS NOT NULL OFFSET 0) AS d"               \
    "  CROSS JOIN LATERAL (SELECT priority_class, inherited_class, waits_for FROM ideamine.jobs" \
    "   WHERE job_id = d.job_id AND tenant_id = j.tenant_id OFFSET 0) AS b"                      \
    "  WHERE b.waits_for = 'jobs')"

// What is not above its own class is not inherited.
constinit pg::Statement judge_locked{
    "UPDATE ideamine.jobs j SET inherited_class = r.inherited"
    " FROM (SELECT j.tenant_id, j.job_id,"
    "   CASE WHEN h.highest < j.priority_class THEN h.highest END AS inherited"
    "  FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    "  CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"
    "   WHERE job_id = n.job_id AND tenant_id = n.tenant_id OFFSET 0) AS j"
    "  CROSS JOIN LATERAL (SELECT " IDEAMINE_HIGHEST_BEHIND_J
    " AS highest OFFSET 0) AS h) AS r"
    " WHERE j.job_id = r.job_id AND j.tenant_id = r.tenant_id"
    "  AND j.inherited_class IS DISTINCT FROM r.inherited"
    " RETURNING " IDEAMINE_READY("j") ", CASE WHEN j.status = 'running' THEN j.epoch END,"
    "  j.waits_for = 'jobs'"};

constinit pg::Statement list_waited_for{
    "SELECT n.tenant_id, d.job_id FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " CROSS JOIN LATERAL ("
    "  SELECT depends_on AS job_id FROM ideamine.job_dependencies"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id"
    "  UNION ALL"
    "  SELECT job_id FROM ideamine.jobs"
    "  WHERE quorum_of = n.job_id AND tenant_id = n.tenant_id OFFSET 0) AS d"};

constinit pg::Statement list_wrong{
    "SELECT j.tenant_id, j.job_id FROM ideamine.jobs j"
    " CROSS JOIN LATERAL (SELECT " IDEAMINE_HIGHEST_BEHIND_J
    " AS highest OFFSET 0) AS h"
    " WHERE j.finished_at IS NULL"
    "  AND (j.dependents > 0 OR j.quorum_of IS NOT NULL OR j.inherited_class IS NOT NULL)"
    "  AND j.inherited_class IS DISTINCT FROM"
    "   CASE WHEN h.highest < j.priority_class THEN h.highest END"
    " LIMIT 10000",
    Kind::walks};

bool can_inherit() {
    return pg::installed_version() >= Version{1, 2};
}

JobRefs read_refs(const pg::Rows& rows) {
    JobRefs refs;
    for (const pg::Row row : rows) {
        refs.add(row.get<std::string>(0), row.get<Uuid>(1));
    }
    return refs;
}

JobRefs waited_for(const JobRefs& jobs) {
    return jobs.empty() ? JobRefs{} : read_refs(list_waited_for.execute(jobs.tenants, jobs.jobs));
}

// Tells dispatch as what each of these is served now. Returns those that wait for others.
JobRefs publish_judged(const pg::Rows& judged) {
    publish_ready(judged);
    JobRefs waiting;
    for (const pg::Row row : judged) {
        if (const auto epoch = row.optional<std::int64_t>(ready_columns)) {
            dispatch::shared::change_lease(row.get<Uuid>(2), *epoch,
                                           {.priority_class = static_cast<std::uint8_t>(
                                                parse_priority_class(row.get<std::string>(3)))});
        }
        if (row.optional<bool>(ready_columns + 1).value_or(false)) {
            waiting.add(row.get<std::string>(1), row.get<Uuid>(2));
        }
    }
    return waiting;
}

}  // namespace

std::int64_t pass_on_classes(const JobRefs& jobs, Reach reach) {
    if (jobs.empty() || !can_inherit()) {
        return 0;
    }
    std::int64_t changed = 0;
    JobRefs level = jobs;
    if (reach == Reach::and_beyond) {
        level.add(waited_for(jobs));
    }
    while (!level.empty()) {
        pg::check_interrupts();
        const auto locked = read_refs(lock_listed.execute(level.tenants, level.jobs));
        if (locked.empty()) {
            break;
        }
        const auto judged = judge_locked.execute(locked.tenants, locked.jobs);
        changed += static_cast<std::int64_t>(judged.size());
        level = waited_for(publish_judged(judged));
    }
    return changed;
}

void withdraw_classes(const JobRefs& jobs) {
    if (!jobs.empty() && can_inherit()) {
        pass_on_classes(waited_for(jobs), Reach::of_changed);
    }
}

std::int64_t sweep_classes() {
    return pass_on_classes(read_refs(list_wrong.execute()), Reach::of_changed);
}

}  // namespace ideamine::jobs
