#include "jobs/closings_store.hpp"

#include <map>

#include "ideamine/pg/bell.hpp"
#include "ideamine/pg/watched_table.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/served_class.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement write_closing{
    "INSERT INTO ideamine.closings (tenant_id, scope, scope_id, cause, classes, reason, closed_at,"
    "  opens_at, decision, stopping)"
    " VALUES ($1, $2::text::ideamine.job_scope, $3, $4, $5::text[]::ideamine.priority_class[], $6,"
    "  $7, $8, $9, '0')"
    " ON CONFLICT (tenant_id, scope, scope_id, cause) DO UPDATE SET classes = excluded.classes,"
    "  reason = excluded.reason, opens_at = excluded.opens_at,"
    "  decision = coalesce(excluded.decision, closings.decision),"
    "  closed_at = CASE WHEN excluded.classes <@ closings.classes THEN closings.closed_at"
    "   ELSE excluded.closed_at END,"
    "  stopping = CASE WHEN excluded.classes <@ closings.classes THEN closings.stopping"
    "   ELSE excluded.stopping END,"
    "  stopped = CASE WHEN excluded.decision <> closings.decision THEN 0"
    "   ELSE closings.stopped END,"
    "  set_aside = CASE WHEN excluded.decision <> closings.decision THEN 0"
    "   ELSE closings.set_aside END"};

constinit pg::Statement remove_closing{
    "DELETE FROM ideamine.closings WHERE tenant_id = $1 AND scope = $2::text::ideamine.job_scope"
    "  AND scope_id = $3 AND cause = $4"};

constinit pg::Statement read_of_tenant{
    "SELECT classes::text[], opens_at FROM ideamine.closings"
    " WHERE tenant_id = $1 AND scope = 'tenant'",
    Kind::reads_latest};

constinit pg::Statement find_parts{
    "SELECT FROM ideamine.closings WHERE tenant_id = $1 AND scope = ANY ('{run,project}') LIMIT 1",
    Kind::reads_latest};

// Closings c that hold for a job at $2, as the primary key finds them.
#define IDEAMINE_HOLDS_FOR(alias)                                                    \
    "c.tenant_id = " alias                                                           \
    ".tenant_id"                                                                     \
    " AND c.scope = ANY ('{run,project,tenant}') AND c.scope_id = ANY (ARRAY[" alias \
    ".run_id::text, " alias ".project_id, " alias                                    \
    ".tenant_id])"                                                                   \
    " AND c.scope_id = CASE c.scope WHEN 'run' THEN " alias                          \
    ".run_id::text WHEN 'project' THEN " alias ".project_id ELSE " alias             \
    ".tenant_id END AND c.opens_at > $2"                                             \
    " AND " IDEAMINE_SERVED_AS(alias) " = ANY (c.classes)"
#define IDEAMINE_CLOSES(alias) "SELECT FROM ideamine.closings c WHERE " IDEAMINE_HOLDS_FOR(alias)

constinit pg::Statement describe_locked{
    "SELECT j.ctid, j.run_id, j.project_id, " IDEAMINE_SERVED_AS("j") "::text"
    " FROM unnest($1) AS locked (tid) JOIN ideamine.jobs j ON j.ctid = locked.tid",
    Kind::writes_by_tid};

constinit pg::Statement find_closed{
    "SELECT j.position - 1"
    " FROM unnest($3::uuid[], $4::text[], $5::text[]::ideamine.priority_class[])"
    "  WITH ORDINALITY AS n (run_id, project_id, priority_class, position)"
    " CROSS JOIN LATERAL (SELECT $1 AS tenant_id, n.*,"
    "  NULL::ideamine.priority_class AS inherited_class) AS j"
    " WHERE EXISTS (" IDEAMINE_CLOSES("j") " OFFSET 0)",
    Kind::reads_latest};

constinit pg::Statement pause_locked{
    "UPDATE ideamine.jobs j SET status = 'paused', closed = true"
    " FROM unnest($1) AS locked (tid) WHERE j.ctid = locked.tid",
    Kind::writes_by_tid};

constinit pg::Statement pause_waiting{
    "UPDATE ideamine.jobs j SET status = 'paused', closed = true WHERE ctid = ANY (ARRAY("
    " SELECT ctid FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND run_id = $2::uuid AND status = 'pending'"
    "  AND least(priority_class, inherited_class) = ANY ($3::text[]::ideamine.priority_class[])"
    " LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED)) AND status = 'pending'"};

// Which of them are open is asked once for all that have the same to wait for.
constinit pg::Statement reopen_groups{
    "WITH groups AS (SELECT DISTINCT tenant_id, run_id, project_id, priority_class,"
    "   inherited_class FROM ideamine.jobs WHERE waits_for = 'opening'),"
    " open AS (SELECT * FROM groups g WHERE NOT EXISTS (" IDEAMINE_CLOSES("g") " OFFSET 0)),"
    " found AS (SELECT j.ctid FROM open o JOIN ideamine.jobs j ON j.waits_for = 'opening'"
    "   AND j.tenant_id = o.tenant_id AND j.run_id IS NOT DISTINCT FROM o.run_id"
    "   AND j.project_id IS NOT DISTINCT FROM o.project_id"
    "   AND j.priority_class = o.priority_class"
    "   AND j.inherited_class IS NOT DISTINCT FROM o.inherited_class"
    "  LIMIT $1 FOR NO KEY UPDATE OF j SKIP LOCKED)"
    " UPDATE ideamine.jobs j SET closed = NULL,"
    "  status = CASE WHEN j.status = 'paused' THEN 'pending' ELSE j.status END"
    " WHERE ctid = ANY (ARRAY(SELECT ctid FROM found)) AND j.closed"
    " RETURNING " IDEAMINE_READY("j")};

constinit pg::Statement explain_closed{
    "SELECT format('its class is closed %s since %s: %s', CASE c.scope WHEN 'tenant'"
    "   THEN 'for all of its tenant' ELSE format('in its %s %s', c.scope, c.scope_id) END,"
    "  c.closed_at, c.reason), nullif(c.opens_at, 'infinity')"
    " FROM ideamine.jobs j JOIN ideamine.closings c ON " IDEAMINE_HOLDS_FOR("j")
    " WHERE j.tenant_id = $1 AND j.job_id = $3 AND j.finished_at IS NULL"
    "  AND j.status <> 'running' ORDER BY c.scope, c.scope_id, c.cause",
    Kind::reads};

constinit pg::WatchedTable closings{"closings", "closings_pkey"};

struct Known {
    bool any = true;  // of all tenants: mostly nothing is closed, and nobody has to be looked for
    std::map<std::string, Closed, std::less<>> tenants;  // whose jobs were handed out here lately
};

Known& known() {
    static auto* const known = new Known;
    return *known;
}

const Closed& nothing() {
    static const auto* const none = new Closed;
    return *none;
}

std::vector<std::string> names_of(ClassSet classes) {
    std::vector<std::string> names;
    for (const auto priority_class : classes) {
        names.emplace_back(to_string(priority_class));
    }
    return names;
}

ClassSet classes_of(const std::vector<std::string>& names) {
    ClassSet classes;
    for (const auto& name : names) {
        classes.insert(parse_priority_class(name));
    }
    return classes;
}

}  // namespace

void close(const Closing& closing) {
    if (closing.classes.empty()) {
        remove_closing.execute(closing.tenant, closing.scope, closing.id, closing.cause);
    } else {
        write_closing.execute(closing.tenant, closing.scope, closing.id, closing.cause,
                              names_of(closing.classes), closing.reason, pg::now(),
                              closing.opens_at, closing.decision);
    }
    pg::bell::ring_at_commit(Bell::closings);
    pg::bell::ring_at_commit(Bell::freed);
}

bool Closed::is_closed(PriorityClass priority_class, Time now) const {
    return std::ranges::any_of(of_tenant, [&](const OfTenant& closed) {
        return closed.classes.contains(priority_class) && now < closed.opens_at;
    });
}

void hear_of_closings() {
    constexpr std::size_t most_known = 50'000;
    auto& [any, tenants] = known();
    pg::hear_of_changes();
    if (closings.has_changed()) {
        tenants.clear();
        any = true;  // also if finding out fails
        any = !closings.is_empty();
    }
    if (tenants.size() >= most_known) {
        tenants.clear();
    }
}

const Closed* known_closed(std::string_view tenant) noexcept {
    const auto& [any, tenants] = known();
    if (!any) {
        return &nothing();
    }
    const auto found = tenants.find(tenant);
    return found == tenants.end() ? nullptr : &found->second;
}

const Closed& read_closed(const std::string& tenant) {
    if (const auto* closed = known_closed(tenant)) {
        return *closed;
    }
    Closed closed;
    for (const pg::Row row : read_of_tenant.execute(tenant)) {
        closed.of_tenant.push_back(
            {classes_of(row.get<std::vector<std::string>>(0)), row.get<Time>(1)});
    }
    closed.has_parts = !find_parts.execute(tenant).empty();
    return known().tenants.emplace(tenant, std::move(closed)).first->second;
}

Tids set_aside_closed(const std::string& tenant, const Tids& locked, Time now) {
    Tids tids;
    std::vector<std::optional<Uuid>> runs;
    std::vector<std::optional<std::string>> projects;
    std::vector<std::string> names;
    for (const pg::Row row : describe_locked.execute(locked)) {
        tids.push_back(row.get<pg::Tid>(0));
        runs.push_back(row.optional<Uuid>(1));
        projects.push_back(row.optional<std::string>(2));
        names.push_back(row.get<std::string>(3));
    }
    Tids aside;
    for (const pg::Row row : find_closed.execute(tenant, now, runs, projects, names)) {
        aside.push_back(tids[static_cast<std::size_t>(row.get<std::int64_t>(0))]);
    }
    if (!aside.empty()) {
        pause_locked.execute(aside);
    }
    return aside;
}

std::int64_t set_aside_run(const std::string& tenant, const std::string& run, ClassSet classes,
                           std::int64_t most) {
    return static_cast<std::int64_t>(
        pause_waiting.execute(tenant, run, names_of(classes), most).size());
}

std::int64_t reopen(Time now) {
    constexpr std::int64_t most = 10'000;
    const auto rows = reopen_groups.execute(most, now);
    publish_ready(rows);
    return static_cast<std::int64_t>(rows.size());
}

std::vector<WhyClosed> list_closed(const std::string& tenant, const Uuid& job, Time now) {
    std::vector<WhyClosed> reasons;
    for (const pg::Row row : explain_closed.execute(tenant, now, job)) {
        reasons.push_back({row.get<std::string>(0), row.optional<Time>(1)});
    }
    return reasons;
}

}  // namespace ideamine::jobs
