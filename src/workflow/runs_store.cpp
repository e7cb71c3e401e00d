#include "workflow/runs_store.hpp"

#include "jobs/closings_store.hpp"
#include "jobs/preempted_store.hpp"

namespace ideamine::workflow {

namespace {

using jobs::PriorityClass;

constexpr const char* by_hand = "run";
constexpr jobs::ClassSet all_classes{PriorityClass::p0, PriorityClass::p1, PriorityClass::p2,
                                     PriorityClass::p3};

constinit pg::Statement make_row{
    "INSERT INTO ideamine.workflow_runs (tenant_id, run_id, created_at, updated_at)"
    " VALUES ($1, $2, $3, $3) ON CONFLICT (tenant_id, run_id) DO NOTHING"};

constinit pg::Statement lock_row{
    "SELECT EXISTS (SELECT FROM ideamine.closings c WHERE c.tenant_id = r.tenant_id"
    "  AND c.scope = 'run' AND c.scope_id = r.run_id::text AND c.cause = $3 OFFSET 0)"
    " FROM ideamine.workflow_runs r WHERE tenant_id = $1 AND run_id = $2 FOR NO KEY UPDATE"};

constinit pg::Statement note_reason{
    "UPDATE ideamine.workflow_runs SET pause_reason = coalesce($3, pause_reason)"
    " WHERE tenant_id = $1 AND run_id = $2"};

// What closes a run for P0 pauses it; what is said by hand is said first.
#define IDEAMINE_PAUSES                                                                    \
    "SELECT cause, reason, closed_at FROM ideamine.closings c"                             \
    " WHERE c.tenant_id = r.tenant_id AND c.scope = 'run' AND c.scope_id = r.run_id::text" \
    "  AND 'P0' = ANY (c.classes)"

constinit pg::Statement pause_row{
    "UPDATE ideamine.workflow_runs r SET status = 'paused', paused_at = coalesce(r.paused_at, $3),"
    "  pause_reason = CASE WHEN c.cause = 'run' THEN coalesce(r.pause_reason, c.reason)"
    "   ELSE c.reason END, updated_at = $3"
    " FROM (SELECT * FROM ideamine.closings c WHERE c.tenant_id = $1 AND c.scope = 'run'"
    "   AND c.scope_id = $2::text AND 'P0' = ANY (c.classes)"
    "  ORDER BY c.cause = 'run' DESC LIMIT 1) AS c"
    " WHERE r.tenant_id = $1 AND r.run_id = $2"};

constinit pg::Statement run_row{
    "UPDATE ideamine.workflow_runs r SET status = 'running', paused_at = NULL, pause_reason = NULL,"
    "  updated_at = $3"
    " WHERE r.tenant_id = $1 AND r.run_id = $2 AND r.status = 'paused'"
    "  AND NOT EXISTS (" IDEAMINE_PAUSES " OFFSET 0)"};

constinit pg::Statement list_over{
    "SELECT tenant_id, scope::text, scope_id, cause FROM ideamine.closings WHERE opens_at <= $1",
    pg::Statement::Kind::walks};

jobs::Closing closing_of(const std::string& tenant, const Uuid& run, jobs::ClassSet classes) {
    return {.tenant = tenant,
            .scope = "run",
            .id = to_string(run),
            .cause = by_hand,
            .classes = classes,
            .reason = jobs::run_paused};
}

// Whether it was paused by hand before.
bool lock(const std::string& tenant, const Uuid& run) {
    note_run(tenant, run);
    return lock_row.execute(tenant, run, std::string_view{by_hand})[0].get<bool>(0);
}

}  // namespace

void note_run(const std::string& tenant, const Uuid& run) {
    make_row.execute(tenant, run, pg::now());
}

bool pause(const std::string& tenant, const Uuid& run, const std::optional<std::string>& reason) {
    const bool was_paused = lock(tenant, run);
    note_reason.execute(tenant, run, reason);
    if (!was_paused) {
        jobs::close(closing_of(tenant, run, all_classes));
        follow_closings(tenant, run);
    }
    return !was_paused;
}

bool resume(const std::string& tenant, const Uuid& run) {
    const bool was_paused = lock(tenant, run);
    if (was_paused) {
        jobs::close(closing_of(tenant, run, {}));
        follow_closings(tenant, run);
    }
    return was_paused;
}

void follow_closings(const std::string& tenant, const Uuid& run) {
    const auto now = pg::now();
    note_run(tenant, run);
    pause_row.execute(tenant, run, now);
    run_row.execute(tenant, run, now);
}

std::int64_t reopen(Time now) {
    for (const pg::Row row : list_over.execute(now)) {
        const jobs::Closing over{.tenant = row.get<std::string>(0),
                                 .scope = row.get<std::string>(1),
                                 .id = row.get<std::string>(2),
                                 .cause = row.get<std::string>(3),
                                 .classes = {},
                                 .reason = {}};
        jobs::close(over);
        if (over.scope == "run") {
            follow_closings(over.tenant, *parse_uuid(over.id));
        }
    }
    return jobs::reopen(now);
}

}  // namespace ideamine::workflow
