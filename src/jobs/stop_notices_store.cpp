#include "jobs/stop_notices_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement insert{
    "INSERT INTO ideamine_internal.stop_notices AS before"
    "  (worker_id, tenant_id, job_id, epoch, reason, made_at)"
    " SELECT n.worker_id, n.tenant_id, n.job_id, n.epoch, n.reason, $6"
    " FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::text[])"
    "  AS n (worker_id, tenant_id, job_id, epoch, reason)"
    " WHERE $7 OR EXISTS (SELECT FROM ideamine.workers w WHERE w.worker_id = n.worker_id"
    "  AND w.status IN ('active', 'draining', 'degraded') OFFSET 0)"
    " ON CONFLICT (worker_id, job_id, epoch, tenant_id) DO UPDATE SET reason = excluded.reason"
    "  WHERE before.reason <> excluded.reason"};

}  // namespace

void StopNotices::send(To recipients, Time now) const {
    if (!jobs_.empty()) {
        insert.execute(workers_, tenants_, jobs_, epochs_, reasons_, now,
                       recipients == To::whoever_had_it);
    }
}

}  // namespace ideamine::jobs
