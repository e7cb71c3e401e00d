#include "jobs/checkpoint_store.hpp"

#include "dispatch/leases_shared.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement write_checkpoint{
    "UPDATE ideamine.jobs SET checkpoint = $4, checkpoint_at = $5"
    " WHERE tenant_id = $1 AND job_id = $2 AND epoch = $3 AND status::text = 'running'"
    " RETURNING job_id"};

constinit pg::Statement find_job{"SELECT FROM ideamine.v_jobs WHERE tenant_id = $1 AND job_id = $2",
                                 pg::Statement::Kind::reads_latest};

}  // namespace

Answer save_checkpoint(const LeaseRef& lease, const pg::Json& checkpoint) {
    const auto now = pg::now();
    if (write_checkpoint.execute(lease.tenant, lease.job, lease.epoch, checkpoint, now).empty()) {
        return find_job.execute(lease.tenant, lease.job).empty() ? Answer::unknown : Answer::stale;
    }
    // it loses less now if it is to give way
    dispatch::shared::change_lease(lease.job, lease.epoch, {.since = now});
    return Answer::ok;
}

}  // namespace ideamine::jobs
