#include "jobs/concurrency_store.hpp"

#include "ideamine/pg/key_lock.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/served_class.hpp"
#include "jobs/waits.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

constexpr auto lock_kind = pg::KeyKind::concurrency_key;

// Jobs with one key may have different limits: passes over those for which too many are running.
// Finds also what was parked after the snapshot of a transaction of repeatable reads.
constinit pg::Statement readmit{
    "UPDATE ideamine.jobs j SET status = 'pending'"
    " WHERE ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.jobs w"
    "  WHERE tenant_id = $1 AND concurrency_key = $2 AND " IDEAMINE_WAITS_FOR_KEY
    "   AND concurrency_limit > $4"
    "  ORDER BY " IDEAMINE_SERVED_AS("w") ", ready_at, job_id"
    "  LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED))"
    " RETURNING " IDEAMINE_READY("j"),
    Kind::writes_latest};

// The limit of the one that would come back first.
constinit pg::Statement find_limit{
    "SELECT concurrency_limit::bigint FROM ideamine.jobs w"
    " WHERE tenant_id = $1 AND concurrency_key = $2 AND " IDEAMINE_WAITS_FOR_KEY
    "  AND concurrency_limit > $3"
    " ORDER BY " IDEAMINE_SERVED_AS("w") ", ready_at, job_id LIMIT 1"};

constinit pg::Statement count_holding{
    "SELECT count(*) FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND " IDEAMINE_HOLDS_KEY,
    Kind::reads_latest};

// Walks the index jobs_behind_key from one key to the next.
constinit pg::Statement list_waited_for{
    "WITH RECURSIVE keys AS ("
    "  (SELECT tenant_id, concurrency_key FROM ideamine.jobs"
    "   WHERE " IDEAMINE_WAITS_FOR_KEY
    "   ORDER BY tenant_id, concurrency_key LIMIT 1)"
    "  UNION ALL"
    "  SELECT next.* FROM keys AS k CROSS JOIN LATERAL ("
    "   SELECT tenant_id, concurrency_key FROM ideamine.jobs"
    "   WHERE " IDEAMINE_WAITS_FOR_KEY
    "    AND (tenant_id, concurrency_key) > (k.tenant_id, k.concurrency_key)"
    "   ORDER BY tenant_id, concurrency_key LIMIT 1) AS next)"
    " SELECT tenant_id, concurrency_key FROM keys"};

std::int64_t readmit_some(const std::string& tenant, const std::string& key, std::int64_t count,
                          std::int64_t running) {
    return publish_ready(readmit.execute(tenant, key, count, running));
}

using Key = std::pair<std::string, std::string>;  // (tenant, key)

std::vector<Key> in_order_of_locks(std::vector<Key> keys) {
    std::ranges::stable_sort(keys, {}, [](const Key& key) {
        return pg::key_lock_number(lock_kind, key.first, key.second);
    });
    return keys;
}

}  // namespace

void readmit_waiting(const ConcurrencyKeys& ended) {
    std::vector<Key> keys;
    for (const auto& [key, count] : ended.counts()) {
        keys.push_back(key);
    }
    for (const auto& key : in_order_of_locks(std::move(keys))) {
        lock_concurrency_key(key.first, key.second, true);
        readmit_some(key.first, key.second, ended.counts().at(key),
                     count_running(key.first, key.second));
    }
}

std::int64_t readmit_all() {
    std::vector<Key> keys;
    for (const pg::Row row : list_waited_for.execute()) {
        keys.emplace_back(row.get<std::string>(0), row.get<std::string>(1));
    }
    std::int64_t readmitted = 0;
    for (const auto& [tenant, key] : in_order_of_locks(std::move(keys))) {
        pg::check_interrupts();
        const auto running = count_running(tenant, key);
        if (const auto limit = find_limit.execute(tenant, key, running); !limit.empty()) {
            lock_concurrency_key(tenant, key, true);
            readmitted +=
                readmit_some(tenant, key, limit[0].get<std::int64_t>(0) - running, running);
        }
    }
    return readmitted;
}

bool lock_concurrency_key(const std::string& tenant, const std::string& key, bool may_wait) {
    if (pg::try_lock_key(lock_kind, tenant, key)) {
        return true;
    }
    if (may_wait) {
        pg::lock_key(lock_kind, tenant, key);
    }
    return may_wait;
}

std::int64_t count_running(const std::string& tenant, const std::string& key) {
    return count_holding.execute(tenant, key)[0].get<std::int64_t>(0);
}

}  // namespace ideamine::jobs
