#include "idempotency/idempotency_store.hpp"

#include "ideamine/pg/table.hpp"
#include "idempotency/idempotency_settings.hpp"

namespace ideamine::idempotency {

namespace {

// A key that has expired is locked, but not returned: it has to be removed first, so that it is
// counted.
constinit pg::Statement take{
    "INSERT INTO ideamine.idempotency_keys AS k"
    "  (tenant_id, idempotence_key, job_id, created_at, expires_at, hits)"
    " SELECT $1, n.idempotence_key, n.job_id, $4, $5, 0"
    " FROM unnest($2::text[], $3::uuid[]) AS n (idempotence_key, job_id)"
    " ON CONFLICT (tenant_id, idempotence_key) DO UPDATE SET hits = k.hits + 1"
    "  WHERE k.expires_at > $4"
    " RETURNING idempotence_key, job_id"};

constinit pg::Statement add_hits{
    "UPDATE ideamine.idempotency_keys k SET hits = k.hits + n.hits"
    " FROM unnest($2::text[], $3::bigint[]) AS n (idempotence_key, hits)"
    " WHERE k.tenant_id = $1 AND k.idempotence_key = n.idempotence_key"};

#define IDEAMINE_COUNT_GONE                                                           \
    " INSERT INTO ideamine_internal.idempotency_expired AS e (tenant_id, keys, hits)" \
    " SELECT tenant_id, count(*), sum(hits)::bigint FROM gone GROUP BY tenant_id"     \
    " ORDER BY tenant_id"                                                             \
    " ON CONFLICT (tenant_id) DO UPDATE SET keys = e.keys + excluded.keys,"           \
    "  hits = e.hits + excluded.hits"                                                 \
    " RETURNING (SELECT count(*) FROM gone)"

constinit pg::Statement remove_expired{
    "WITH gone AS ("
    "  DELETE FROM ideamine.idempotency_keys"
    "  WHERE tenant_id = $1 AND idempotence_key = ANY ($2) AND expires_at <= $3"
    "  RETURNING tenant_id, hits)" IDEAMINE_COUNT_GONE};

constinit pg::Statement purge_expired{
    "WITH gone AS ("
    "  DELETE FROM ideamine.idempotency_keys WHERE ctid = ANY (ARRAY("
    "   SELECT ctid FROM ideamine.idempotency_keys WHERE expires_at <= $1"
    "   ORDER BY expires_at LIMIT 10000 FOR UPDATE SKIP LOCKED))"
    "  RETURNING tenant_id, hits)" IDEAMINE_COUNT_GONE};

constinit pg::Statement count_keys{
    "SELECT count(*) FILTER (WHERE expires_at > $2), coalesce(sum(hits), 0)::bigint,"
    "  count(*) FILTER (WHERE expires_at <= $2)"
    " FROM ideamine.idempotency_keys WHERE tenant_id = $1",
    pg::Statement::Kind::reads};

constinit pg::Statement count_gone{
    "SELECT keys, hits FROM ideamine_internal.idempotency_expired WHERE tenant_id = $1",
    pg::Statement::Kind::reads};

enum Column : std::size_t {
    tenant_id,
    idempotence_key,
    job_id,
    created_at,
    expires_at,
    hits,
    column_count
};

constinit pg::Columns<column_count> columns{
    {"tenant_id", "idempotence_key", "job_id", "created_at", "expires_at", "hits"}};

// Most keys are new, so they are written without looking first, until one is not: a batch that is
// repeated has cost one row then. Returns how many were new.
std::size_t take_new_keys(const std::string& tenant, const std::vector<std::string_view>& keys,
                          const std::vector<Uuid>& jobs, Time now) {
    pg::Table table{"idempotency_keys"};
    if (!table.is_plain(pg::Table::Write::insert, {.columns = column_count, .checks = 0})) {
        return 0;
    }
    table.look_up(columns);
    const auto number = [](Column column) { return columns.numbers[column]; };
    const auto expires = saturating_add(now, time_to_live());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        table.add_row([&](pg::Table::NewRow& row) {
            row.set(number(tenant_id), tenant);
            row.set(number(idempotence_key), keys[i]);
            row.set(number(job_id), jobs[i]);
            row.set(number(created_at), now);
            row.set(number(expires_at), expires);
            row.set(number(hits), std::int64_t{0});
        });
    }
    return table.write_rows_that_are_new();
}

}  // namespace

std::vector<Uuid> take_keys(const std::string& tenant, const std::vector<std::string_view>& keys,
                            const std::vector<Uuid>& jobs) {
    const auto now = pg::now();
    // alone, it would cost a row at every repeat
    const auto fresh =
        static_cast<std::ptrdiff_t>(keys.size() == 1 ? 0 : take_new_keys(tenant, keys, jobs, now));
    std::vector<std::optional<Uuid>> taken{jobs.begin(), jobs.begin() + fresh};
    taken.resize(keys.size());
    std::vector<std::string_view> open_keys{keys.begin() + fresh, keys.end()};
    std::vector<Uuid> open_jobs{jobs.begin() + fresh, jobs.end()};
    while (!open_keys.empty()) {
        pg::check_interrupts();
        for (const pg::Row row :
             take.execute(tenant, open_keys, open_jobs, now, saturating_add(now, time_to_live()))) {
            const auto key = row.get<std::string>(0);
            const auto place = std::ranges::lower_bound(keys, std::string_view{key});
            taken[static_cast<std::size_t>(place - keys.begin())] = row.get<Uuid>(1);
        }
        open_keys.clear();
        open_jobs.clear();
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (!taken[i]) {
                open_keys.push_back(keys[i]);
                open_jobs.push_back(jobs[i]);
            }
        }
        if (!open_keys.empty()) {
            remove_expired.execute(tenant, open_keys, now);
        }
    }
    std::vector<Uuid> standing_for;
    for (const auto& job : taken) {
        standing_for.push_back(job.value());
    }
    return standing_for;
}

void count_hits(const std::string& tenant, const std::vector<std::string_view>& keys,
                const std::vector<std::int64_t>& hits) {
    add_hits.execute(tenant, keys, hits);
}

std::int64_t purge_keys(Time before) {
    const auto purged = purge_expired.execute(before);
    return purged.empty() ? 0 : purged[0].get<std::int64_t>(0);
}

Statistics statistics(const std::string& tenant) {
    const auto alive = count_keys.execute(tenant, pg::now());
    Statistics statistics{.keys = alive[0].get<std::int64_t>(0),
                          .hits = alive[0].get<std::int64_t>(1),
                          .expired = alive[0].get<std::int64_t>(2)};
    if (const auto gone = count_gone.execute(tenant); !gone.empty()) {
        statistics.expired += gone[0].get<std::int64_t>(0);
        statistics.hits += gone[0].get<std::int64_t>(1);
    }
    return statistics;
}

}  // namespace ideamine::idempotency
