#include "queues/queues_store.hpp"

#include "jobs/publish_store.hpp"
#include "jobs/waits.hpp"

namespace ideamine::queues {

namespace {

constinit pg::Statement note_pause{
    "INSERT INTO ideamine.paused_queues (tenant_id, queue, paused_at, reason)"
    " VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (tenant_id, queue) DO UPDATE SET reason = coalesce(excluded.reason,"
    "  paused_queues.reason)"};

// A job that is being claimed is waited for, and left alone if the claim is committed.
constinit pg::Statement pause_pending{
    "UPDATE ideamine.jobs SET status = 'paused' WHERE ctid = ANY (ARRAY("
    " SELECT ctid FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND queue = $2 AND status = 'pending'"
    " FOR NO KEY UPDATE)) AND status = 'pending'",
    pg::Statement::Kind::writes_walking};

constinit pg::Statement note_resumption{
    "DELETE FROM ideamine.paused_queues WHERE tenant_id = $1 AND queue = $2"};

// Also what a claim has set aside since this transaction began: nobody else would bring it back.
constinit pg::Statement resume_paused{
    "UPDATE ideamine.jobs j SET status = 'pending' WHERE ctid = ANY (ARRAY("
    " SELECT ctid FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND queue = $2 AND " IDEAMINE_IS_PAUSED
    " FOR NO KEY UPDATE))"
    " AND status = 'paused' RETURNING " IDEAMINE_READY("j"),
    pg::Statement::Kind::writes_latest};

std::int64_t count(const pg::Rows& rows) {
    return static_cast<std::int64_t>(rows.size());
}

}  // namespace

std::int64_t pause(const std::string& tenant, const std::string& queue,
                   const std::optional<std::string>& reason) {
    note_pause.execute(tenant, queue, pg::now(), reason);
    return count(pause_pending.execute(tenant, queue));
}

std::int64_t resume(const std::string& tenant, const std::string& queue) {
    // also waits for a pause of the same queue that is under way
    note_resumption.execute(tenant, queue);
    const auto resumed = resume_paused.execute(tenant, queue);
    jobs::publish_ready(resumed);
    return count(resumed);
}

}  // namespace ideamine::queues
