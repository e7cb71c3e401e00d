#include "jobs/read_store.hpp"

#include "ideamine/pg/extension.hpp"
#include "jobs/attempts.hpp"
#include "jobs/past_store.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

// Writers look too, and have to see what they themselves have written.
constinit pg::Statement find_status{
    "SELECT status::text FROM ideamine.jobs WHERE tenant_id = $1 AND job_id = $2"};

#define IDEAMINE_DESCRIBE(table, ended_attempts) \
    "SELECT j.job_type, j.queue, j.priority_class, j.status, j.payload, j.result, j.last_error," \
    "  j.cancel_reason, j.attempt,"                                                            \
    "  coalesce(" ended_attempts ", '[]') || " IDEAMINE_COMPLETION("j") ","                    \
    "  j.open_dependencies, j.worker_id, j.epoch, j.run_at, j.created_at, j.started_at,"       \
    "  j.finished_at FROM ideamine." table " j WHERE j.tenant_id = $1 AND j.job_id = $2"

constinit pg::Statement find_job{IDEAMINE_DESCRIBE("jobs", IDEAMINE_ENDED_ATTEMPTS("j")),
                                 Kind::reads};
constinit pg::Statement find_past_job{IDEAMINE_DESCRIBE("job_history", IDEAMINE_PAST_ATTEMPTS("j")),
                                      Kind::reads};

#define IDEAMINE_BELONGS(table) \
    "SELECT run_id, project_id FROM ideamine." table " WHERE tenant_id = $1 AND job_id = $2"
constinit pg::Statement find_belonging{IDEAMINE_BELONGS("jobs"), Kind::reads};
constinit pg::Statement find_past_belonging{IDEAMINE_BELONGS("job_history"), Kind::reads};

constinit pg::Statement list_runnable{
    "SELECT row_number() OVER (ORDER BY class, since, job_id), job_id, job_type, queue,"
    "  priority_class, required_capabilities, since"
    " FROM (SELECT *, coalesce(ready_at, run_at) AS since,"
    "  $[1.2 ideamine_internal.effective_class(least(priority_class, inherited_class)::text,"
    "   coalesce(ready_at, run_at))$| priority_class$] AS class FROM ideamine.jobs"
    "  WHERE tenant_id = $1 AND status = 'pending') AS runnable"
    " WHERE (ready_at IS NOT NULL OR run_at <= $3)"
    "  $[1.1 AND queue NOT IN (SELECT queue FROM ideamine.paused_queues WHERE tenant_id = $1)$]"
    " ORDER BY class, since, job_id LIMIT $2",
    Kind::walks};

}  // namespace

std::string require_job(const std::string& tenant, const Uuid& job) {
    const auto rows = find_status.execute(tenant, job);
    return rows.empty() ? require_past_job(tenant, job).status : rows[0].get<std::string>(0);
}

void get_job(const std::string& tenant, const Uuid& job, pg::Returned& returned) {
    auto rows = find_job.execute(tenant, job);
    if (rows.empty() && pg::installed_version() >= history_since) {
        rows = find_past_job.execute(tenant, job);
    }
    if (rows.empty()) {
        throw_unknown_job(tenant, job);
    }
    returned.add(rows);
}

void get_runnable_jobs(const std::string& tenant, std::int32_t max_jobs, Time at,
                       pg::Returned& returned) {
    returned.add(list_runnable.execute(tenant, std::int64_t{max_jobs}, at));
}

Belonging belonging_of(const std::string& tenant, const Uuid& job) {
    auto rows = find_belonging.execute(tenant, job);
    if (rows.empty()) {
        rows = find_past_belonging.execute(tenant, job);
    }
    return rows.empty() ? Belonging{}
                        : Belonging{.run = rows[0].optional<Uuid>(0),
                                    .project = rows[0].optional<std::string>(1)};
}

void throw_unknown_job(const std::string& tenant, const Uuid& job) {
    throw Error(Code::unknown, "job " + to_string(job) + " does not exist",
                "Tenant \"" + tenant + "\" has no job with this id.");
}

}  // namespace ideamine::jobs
