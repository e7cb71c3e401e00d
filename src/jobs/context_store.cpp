#include "jobs/context_store.hpp"

namespace ideamine::jobs {

namespace {

// Failures of what is in a table of jobs, and those that are known already of jobs that are not:
// what has gone to history cannot change any more.
#define IDEAMINE_NOTE_FAILURES(table)                                                         \
    "UPDATE ideamine.jobs j SET context = ("                                                  \
    "  SELECT jsonb_build_object('failed', jsonb_agg(f.failure ORDER BY f.job_id))"           \
    "  FROM (SELECT p.job_id, jsonb_build_object('job_id', p.job_id, 'job_type', p.job_type," \
    "     'status', p.status, 'error', coalesce(p.cancel_reason, p.last_error)) AS failure"   \
    "    FROM (SELECT depends_on FROM ideamine.job_dependencies"                              \
    "          WHERE job_id = n.job_id AND tenant_id = n.tenant_id AND on_failure = 'run'"    \
    "          OFFSET 0) AS d"                                                                \
    "    CROSS JOIN LATERAL (SELECT job_id, job_type, status, cancel_reason, last_error"      \
    "     FROM ideamine." table                                                               \
    " WHERE job_id = d.depends_on AND tenant_id = n.tenant_id"                                \
    "      AND status IN ('failed', 'cancelled') OFFSET 0) AS p"                              \
    "    UNION ALL"                                                                           \
    "    SELECT k.job_id, k.failure FROM ("                                                   \
    "     SELECT (e ->> 'job_id')::uuid AS job_id, e AS failure"                              \
    "     FROM jsonb_array_elements(j.context -> 'failed') AS e) AS k"                        \
    "    WHERE NOT EXISTS (SELECT FROM ideamine.jobs"                                         \
    "     WHERE job_id = k.job_id AND tenant_id = n.tenant_id OFFSET 0)) AS f"                \
    "  HAVING count(*) > 0)"                                                                  \
    " FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"                           \
    " WHERE j.job_id = n.job_id AND j.tenant_id = n.tenant_id"

constinit pg::Statement note_failures{IDEAMINE_NOTE_FAILURES("jobs")};
constinit pg::Statement note_past_failures{IDEAMINE_NOTE_FAILURES("v_jobs")};

}  // namespace

void note_failures_in_context(const JobRefs& jobs) {
    if (!jobs.empty()) {
        note_failures.execute(jobs.tenants, jobs.jobs);
    }
}

void note_past_failures_in_context(const JobRefs& jobs) {
    if (!jobs.empty()) {
        note_past_failures.execute(jobs.tenants, jobs.jobs);
    }
}

}  // namespace ideamine::jobs
