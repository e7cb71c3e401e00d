#include "jobs/promote_store.hpp"

#include "jobs/ready_shared.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement promote{
    "UPDATE ideamine.jobs SET ready_at = run_at"
    " WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.jobs"
    "  WHERE status = 'pending' AND ready_at IS NULL AND run_at <= $1"
    "  ORDER BY run_at LIMIT 10000 FOR NO KEY UPDATE SKIP LOCKED))"};

}  // namespace

std::int64_t promote_scheduled(Time at) {
    const auto promoted = static_cast<std::int64_t>(promote.execute(at).size());
    shared::announce_ready(promoted);
    return promoted;
}

}  // namespace ideamine::jobs
