#include "priority/history_store.hpp"

#include "ideamine/pg/spi.hpp"

namespace ideamine::priority {

namespace {

constinit pg::Statement find_tenant{"SELECT tenant_id FROM ideamine.v_jobs WHERE job_id = $1",
                                    pg::Statement::Kind::reads};

constinit pg::Statement delete_old{
    "DELETE FROM ideamine.preemption_history WHERE ctid = ANY (ARRAY("
    "  SELECT h.ctid FROM ideamine.preemption_history h"
    "  WHERE h.asked_at < $1 AND (h.resumed_at IS NOT NULL OR NOT EXISTS ("
    "   SELECT FROM ideamine.jobs j WHERE j.job_id = h.job_id AND j.tenant_id = h.tenant_id"
    "    AND j.status::text IN ('preempted', 'running') OFFSET 0))"
    "  ORDER BY h.asked_at LIMIT 10000 FOR UPDATE OF h SKIP LOCKED))"};

}  // namespace

std::optional<std::string> tenant_of(const Uuid& job) {
    const auto rows = find_tenant.execute(job);
    return rows.empty() ? std::nullopt : std::optional{rows[0].get<std::string>(0)};
}

std::int64_t purge_history(Time before) {
    return static_cast<std::int64_t>(delete_old.execute(before).size());
}

}  // namespace ideamine::priority
