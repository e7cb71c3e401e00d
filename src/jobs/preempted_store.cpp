#include "jobs/preempted_store.hpp"

#include "ideamine/pg/random.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement note_preempted{
    "WITH noted AS ("
    "  UPDATE ideamine.preemption_history h SET preempted_at = $6,"
    "   checkpoint = coalesce(n.checkpoint, h.checkpoint)"
    "  FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::jsonb[], $5::uuid[])"
    "   AS n (tenant_id, job_id, epoch, checkpoint, event_id)"
    "  WHERE h.job_id = n.job_id AND h.epoch = n.epoch AND h.tenant_id = n.tenant_id"
    "  RETURNING h.*, n.event_id)"
    " INSERT INTO ideamine.events (event_id, tenant_id, event_type, payload, created_at)"
    " SELECT event_id, tenant_id, 'task-preempted', jsonb_strip_nulls(jsonb_build_object("
    "  'job_id', job_id, 'run_id', run_id, 'epoch', epoch, 'priority_class', priority_class,"
    "  'reason', reason, 'resource_type', resource_type, 'threshold', threshold,"
    "  'utilization', utilization, 'beneficiary', beneficiary)), $6"
    " FROM noted"};

}  // namespace

void Preempted::add(const std::string& tenant, const Uuid& job, Epoch epoch,
                    const std::optional<pg::Json>& checkpoint) {
    tenants_.push_back(tenant);
    jobs_.push_back(job);
    epochs_.push_back(epoch);
    checkpoints_.push_back(checkpoint);
    events_.push_back(pg::make_uuid());
}

void Preempted::write(Time now) const {
    if (!jobs_.empty()) {
        note_preempted.execute(tenants_, jobs_, epochs_, checkpoints_, events_, now);
    }
}

}  // namespace ideamine::jobs
