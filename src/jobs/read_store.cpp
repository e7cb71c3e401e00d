#include "jobs/read_store.hpp"

#include "jobs/priority_class.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

// Writers look too, and have to see what they themselves have written.
constinit pg::Statement find_status{
    "SELECT status::text FROM ideamine.jobs WHERE tenant_id = $1 AND job_id = $2"};

constinit pg::Statement find_job{
    "SELECT j.job_type, j.queue, j.priority_class, j.status, j.payload, j.result, j.last_error,"
    "  j.cancel_reason, j.attempt, coalesce(a.attempts, '[]'), j.open_dependencies, j.worker_id, "
    "j.epoch,"
    "  j.run_at, j.created_at, j.started_at, j.finished_at"
    " FROM ideamine.jobs j"
    " LEFT JOIN ideamine.v_job_attempts a ON a.job_id = j.job_id AND a.tenant_id = j.tenant_id"
    " WHERE j.tenant_id = $1 AND j.job_id = $2",
    Kind::reads};

// Walks the index jobs_ready from one requirement to the next and takes the head of each class, so
// that it costs the same however long the backlog is. Jobs that have come due but are not promoted
// yet are few.
constinit pg::Statement list_runnable{
    "WITH RECURSIVE $[1.1 paused AS (SELECT queue FROM ideamine.paused_queues WHERE tenant_id = "
    "$1),$]"
    " lanes AS ("
    "  (SELECT required_capabilities AS lane FROM ideamine.jobs"
    "   WHERE status = 'pending' AND ready_at IS NOT NULL ORDER BY required_capabilities LIMIT 1)"
    "  UNION ALL"
    "  SELECT (SELECT required_capabilities FROM ideamine.jobs"
    "          WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities > l.lane"
    "          ORDER BY required_capabilities LIMIT 1)"
    "  FROM lanes l WHERE l.lane IS NOT NULL),"
    " runnable AS ("
    "  SELECT head.* FROM lanes"
    "  CROSS JOIN unnest(enum_range(NULL::ideamine.priority_class)) AS class"
    "  CROSS JOIN LATERAL ("
    "   SELECT job_id, job_type, queue, priority_class, required_capabilities, ready_at"
    "   FROM ideamine.jobs"
    "   WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = lane"
    "    AND priority_class = class AND tenant_id = $1"
    "    $[1.1 AND queue NOT IN (SELECT queue FROM paused)$]"
    "   ORDER BY ready_at, job_id LIMIT $2) AS head"
    "  UNION ALL"
    "  SELECT job_id, job_type, queue, priority_class, required_capabilities, run_at"
    "  FROM ideamine.jobs"
    "  WHERE status = 'pending' AND ready_at IS NULL AND run_at <= $3 AND tenant_id = $1"
    "   $[1.1 AND queue NOT IN (SELECT queue FROM paused)$])"
    " SELECT row_number() OVER (ORDER BY priority_class, ready_at, job_id), job_id, job_type, "
    "queue,"
    "  priority_class, required_capabilities, ready_at"
    " FROM runnable ORDER BY 1 LIMIT $2",
    Kind::reads};

}  // namespace

std::string require_job(const std::string& tenant, const Uuid& job) {
    const auto rows = find_status.execute(tenant, job);
    if (rows.empty()) {
        throw_unknown_job(tenant, job);
    }
    return rows[0].get<std::string>(0);
}

void get_job(const std::string& tenant, const Uuid& job, pg::Returned& returned) {
    const auto rows = find_job.execute(tenant, job);
    if (rows.empty()) {
        throw_unknown_job(tenant, job);
    }
    returned.add(rows);
}

void get_runnable_jobs(const std::string& tenant, std::int32_t max_jobs, Time at,
                       pg::Returned& returned) {
    returned.add(list_runnable.execute(tenant, std::int64_t{max_jobs}, at));
}

void throw_unknown_job(const std::string& tenant, const Uuid& job) {
    throw Error(Code::unknown, "job " + to_string(job) + " does not exist",
                "Tenant \"" + tenant + "\" has no job with this id.");
}

}  // namespace ideamine::jobs
