#include "jobs/promote_store.hpp"

#include "jobs/publish_store.hpp"
#include "jobs/waits.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement promote{
    "UPDATE ideamine.jobs j SET ready_at = run_at"
    " WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.jobs"
    "  WHERE " IDEAMINE_WAITS_FOR_TIME
    " AND run_at <= $1"
    "  ORDER BY run_at LIMIT 10000 FOR NO KEY UPDATE SKIP LOCKED))"
    " RETURNING " IDEAMINE_READY("j")};

}  // namespace

std::int64_t promote_scheduled(Time at) {
    return publish_ready(promote.execute(at));
}

}  // namespace ideamine::jobs
