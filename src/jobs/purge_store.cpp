#include "jobs/purge_store.hpp"

#include "jobs/finished.hpp"

namespace ideamine::jobs {

namespace {

// Ids sort by creation, so that jobs old enough stand at the start of the primary key and no index
// on finished_at has to be kept up with every completion.
constinit pg::Statement delete_jobs{
    "WITH old AS MATERIALIZED ("
    "  SELECT job_id, tenant_id FROM ideamine.jobs j"
    "  WHERE job_id < $2 AND" IDEAMINE_FINISHED_BEFORE_1
    "  ORDER BY job_id LIMIT 10000 FOR UPDATE SKIP LOCKED),"
    " attempts AS ("
    "  DELETE FROM ideamine.ended_attempts e USING old"
    "  WHERE e.job_id = old.job_id AND e.tenant_id = old.tenant_id),"
    " edges AS ("
    "  DELETE FROM ideamine.job_dependencies d USING old"
    "  WHERE d.job_id = old.job_id AND d.tenant_id = old.tenant_id)"
    " DELETE FROM ideamine.jobs j USING old WHERE j.job_id = old.job_id AND j.tenant_id = "
    "old.tenant_id"};

constinit pg::Statement delete_dead_letters{
    "DELETE FROM ideamine.dead_letter_queue WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.dead_letter_queue WHERE died_at < $1"
    "  ORDER BY died_at LIMIT 10000 FOR UPDATE SKIP LOCKED))"};

}  // namespace

std::int64_t purge_finished_jobs(Time before) {
    return static_cast<std::int64_t>(delete_jobs.execute(before, first_uuid_at(before)).size());
}

std::int64_t purge_dead_letters(Time before) {
    return static_cast<std::int64_t>(delete_dead_letters.execute(before).size());
}

}  // namespace ideamine::jobs
