#include "jobs/context_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement note_failures{
    "UPDATE ideamine.jobs j SET context = ("
    "  SELECT jsonb_build_object('failed', jsonb_agg(jsonb_build_object('job_id', p.job_id,"
    "   'job_type', p.job_type, 'status', p.status,"
    "   'error', coalesce(p.cancel_reason, p.last_error)) ORDER BY p.job_id))"
    "  FROM (SELECT depends_on FROM ideamine.job_dependencies"
    "        WHERE job_id = n.job_id AND tenant_id = n.tenant_id AND on_failure = 'run'"
    "        OFFSET 0) AS d"
    "  CROSS JOIN LATERAL (SELECT job_id, job_type, status, cancel_reason, last_error"
    "   FROM ideamine.$[1.2 v_jobs$| jobs$] WHERE job_id = d.depends_on AND tenant_id = n.tenant_id"
    "    AND status IN ('failed', 'cancelled') OFFSET 0) AS p"
    "  HAVING count(*) > 0)"
    " FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " WHERE j.job_id = n.job_id AND j.tenant_id = n.tenant_id"};

}  // namespace

void note_failures_in_context(const JobRefs& jobs) {
    if (!jobs.empty()) {
        note_failures.execute(jobs.tenants, jobs.jobs);
    }
}

}  // namespace ideamine::jobs
