#include "jobs/dead_letter_store.hpp"

#include <set>

#include "jobs/dependents_store.hpp"
#include "jobs/ready_shared.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement take_letters{
    "DELETE FROM ideamine.dead_letter_queue WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.dead_letter_queue"
    "  WHERE tenant_id = $1 AND ($2::uuid[] IS NULL OR job_id = ANY ($2))"
    "   AND ($3::text IS NULL OR job_type = $3) AND ($4::text IS NULL OR queue = $4)"
    "   AND ($5::text IS NULL OR priority_class = $5::ideamine.priority_class)"
    "   AND ($6::timestamptz IS NULL OR died_at >= $6)"
    "   AND ($7::timestamptz IS NULL OR died_at < $7)"
    "  ORDER BY died_at, job_id LIMIT $8 FOR UPDATE SKIP LOCKED))"
    " RETURNING job_id, job_type, queue, priority_class::text, payload,"
    "  coalesce((SELECT max((a->>'epoch')::bigint) FROM jsonb_array_elements(attempts) AS a), 0),"
    "  attempts"};

// A job on which workers vote begins with its votes.
constinit pg::Statement revive{
    "UPDATE ideamine.jobs j SET attempt = 0, run_at = $3, finished_at = NULL,"
    "  status = CASE WHEN j.quorum IS NULL THEN 'pending'::ideamine.job_status ELSE 'blocked' END,"
    "  ready_at = CASE WHEN j.quorum IS NULL THEN $3 END,"
    "  open_dependencies = coalesce(j.quorum, 0)"
    " FROM unnest($2::uuid[]) AS n (job_id)"
    " WHERE j.job_id = n.job_id AND j.tenant_id = $1 AND j.status = 'failed'"
    " RETURNING j.job_id"};

// An attempt that completed a vote stood in its row until now.
constinit pg::Statement record_votes{
    "INSERT INTO ideamine.ended_attempts"
    "  (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome)"
    " SELECT v.tenant_id, v.job_id, v.epoch, v.attempt, v.worker_id, v.started_at, v.finished_at,"
    "  'completed' FROM unnest($2::uuid[]) AS n (job_id)"
    " CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"
    "  WHERE quorum_of = n.job_id AND tenant_id = $1 AND status = 'completed' OFFSET 0) AS v"};

constinit pg::Statement revive_votes{
    "UPDATE ideamine.jobs SET status = 'pending', attempt = 0, run_at = $3, ready_at = $3,"
    "  finished_at = NULL, worker_id = NULL, result = NULL, cancel_reason = NULL"
    " WHERE ctid = ANY (ARRAY("
    "  SELECT v.ctid FROM unnest($2::uuid[]) AS n (job_id)"
    "  CROSS JOIN LATERAL (SELECT ctid FROM ideamine.jobs"
    "   WHERE quorum_of = n.job_id AND tenant_id = $1 OFFSET 0) AS v))"};

// Its epochs go on where they were: none is handed out twice.
constinit pg::Statement make_anew{
    "INSERT INTO ideamine.jobs (job_id, tenant_id, created_at, run_at, ready_at, epoch, attempt,"
    "  status, open_dependencies, dependents, job_type, queue, priority_class,"
    "  required_capabilities, payload)"
    " SELECT n.job_id, $1, $8, $8, $8, n.epoch, 0, 'pending', 0, 0, n.job_type, n.queue,"
    "  n.priority_class::ideamine.priority_class, '{}', n.payload"
    " FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::bigint[])"
    "  AS n (job_id, job_type, queue, priority_class, payload, epoch)"
    " ON CONFLICT (job_id, tenant_id) DO NOTHING"
    " RETURNING job_id"};

constinit pg::Statement record_attempts{
    "INSERT INTO ideamine.ended_attempts"
    "  (tenant_id, job_id, epoch, attempt, worker_id, started_at, ended_at, outcome, error)"
    " SELECT $1, n.job_id, a.epoch, a.attempt, a.worker_id, a.started_at, a.ended_at, a.outcome,"
    "  a.error FROM unnest($2::uuid[], $3::jsonb[]) AS n (job_id, attempts)"
    " CROSS JOIN LATERAL jsonb_to_recordset(n.attempts) AS a (epoch bigint, attempt integer,"
    "  worker_id uuid, started_at timestamptz, ended_at timestamptz,"
    "  outcome ideamine.attempt_outcome, error text)"
    " ON CONFLICT (job_id, epoch, tenant_id) DO NOTHING"};

struct Letters {
    std::vector<Uuid> jobs;
    std::vector<std::string> job_types;
    std::vector<std::string> queues;
    std::vector<std::string> classes;
    std::vector<pg::Json> payloads;
    std::vector<std::int64_t> epochs;
    std::vector<pg::Json> attempts;
};

// What retention removed with the jobs that are made anew.
void restore_history(const std::string& tenant, const Letters& letters, const pg::Rows& made) {
    std::set<Uuid> anew;
    for (const pg::Row row : made) {
        anew.insert(row.get<Uuid>(0));
    }
    std::vector<Uuid> jobs;
    std::vector<pg::Json> attempts;
    for (std::size_t i = 0; i < letters.jobs.size(); ++i) {
        if (anew.contains(letters.jobs[i])) {
            jobs.push_back(letters.jobs[i]);
            attempts.push_back(letters.attempts[i]);
        }
    }
    if (!jobs.empty()) {
        record_attempts.execute(tenant, jobs, attempts);
    }
}

}  // namespace

void retry_dead_letters(const std::string& tenant, const DeadLetterFilter& filter,
                        pg::Returned& returned) {
    Letters letters;
    for (const pg::Row row : take_letters.execute(
             tenant, filter.jobs, filter.job_type, filter.queue, filter.priority_class,
             filter.died_after, filter.died_before, std::int64_t{filter.limit})) {
        letters.jobs.push_back(row.get<Uuid>(0));
        letters.job_types.push_back(row.get<std::string>(1));
        letters.queues.push_back(row.get<std::string>(2));
        letters.classes.push_back(row.get<std::string>(3));
        letters.payloads.push_back(row.get<pg::Json>(4));
        letters.epochs.push_back(row.get<std::int64_t>(5));
        letters.attempts.push_back(row.get<pg::Json>(6));
    }
    if (letters.jobs.empty()) {
        return;
    }
    const auto now = pg::now();
    const auto revived = revive.execute(tenant, letters.jobs, now);
    JobRefs again;
    for (const pg::Row row : revived) {
        again.add(tenant, row.get<Uuid>(0));
    }
    wait_again(again);
    record_votes.execute(tenant, again.jobs);
    revive_votes.execute(tenant, again.jobs, now);
    const auto made = make_anew.execute(tenant, letters.jobs, letters.job_types, letters.queues,
                                        letters.classes, letters.payloads, letters.epochs, now);
    restore_history(tenant, letters, made);
    returned.add(revived);
    returned.add(made);
    shared::announce_ready(static_cast<std::int64_t>(letters.jobs.size()));
}

}  // namespace ideamine::jobs
