#include "hand_queue.hpp"

namespace {

constexpr const char* insert_one_sql =
    "INSERT INTO baseline.queue (id, tenant, priority, job_type, payload, run_at, created_at)"
    " VALUES (gen_random_uuid(), 'default-tenant', 2, 'page', $1, now(), now())";

constexpr const char* insert_many_sql =
    "INSERT INTO baseline.queue (id, tenant, priority, job_type, payload, run_at, created_at)"
    " SELECT gen_random_uuid(), 'default-tenant', 2, 'page', payload, now(), now()"
    " FROM unnest($1::jsonb[]) AS payload";

constexpr const char* claim_sql =
    "UPDATE baseline.queue q SET status = 'running', worker = 'load', attempt = attempt + "
    "1, started_at = now(),"
    " locked_until = now() + interval '1 minute'"
    " FROM (SELECT id FROM baseline.queue WHERE status = 'pending' AND run_at <= now()"
    "  ORDER BY priority, run_at LIMIT $1::integer FOR UPDATE SKIP LOCKED) picked"
    " WHERE q.id = picked.id RETURNING q.tenant, q.id, q.attempt, q.payload";

constexpr const char* complete_sql =
    "WITH done AS (UPDATE baseline.queue SET status = 'completed', finished_at = now(),"
    "  result = '{\"ok\":true}' WHERE id = ANY ($1::uuid[]) AND status = 'running'"
    "  RETURNING id, attempt, worker, started_at, finished_at)"
    " INSERT INTO baseline.executions (job_id, attempt, worker, started_at, ended_at, outcome)"
    " SELECT id, attempt, worker, started_at, finished_at, 'completed' FROM done";

constexpr const char* remove_sql =
    "DELETE FROM baseline.queue WHERE id = ANY ($1::uuid[]) AND status = 'running'";

}  // namespace

HandQueue::HandQueue(Finished finished) {
    connection_.prepare("insert", insert_one_sql);
    connection_.prepare("insert many", insert_many_sql);
    connection_.prepare("claim", claim_sql);
    connection_.prepare("complete", finished == Finished::are_kept ? complete_sql : remove_sql);
}

void HandQueue::enqueue(int jobs) {
    if (jobs == 1) {
        connection_.execute("insert", {"{\"page\":" + std::to_string(++created_) + "}"});
        return;
    }
    std::string array = "{";
    for (int i = 0; i < jobs; ++i) {
        array += i == 0 ? "" : ",";
        array += R"("{\"page\":)" + std::to_string(++created_) + "}\"";
    }
    connection_.execute("insert many", {array + "}"});
}

int HandQueue::claim(int batch) {
    const auto rows = connection_.execute("claim", {std::to_string(batch)});
    claimed_ = "{";
    for (int i = 0; i < rows.count(); ++i) {
        claimed_ += (i == 0 ? "" : ",") + std::string{rows.at(i, 1)};
    }
    claimed_ += "}";
    return rows.count();
}

int HandQueue::work(int batch) {
    const int claimed = claim(batch);
    if (claimed > 0) {
        complete_claimed();
    }
    return claimed;
}

void HandQueue::sleep_until_claimed() {
    if (!listens_) {
        connection_.run("LISTEN work");
        listens_ = true;
    }
    while (claim(1) == 0) {
        connection_.wait_for_notification();
    }
}

void HandQueue::complete_claimed() {
    connection_.execute("complete", {claimed_});
}
