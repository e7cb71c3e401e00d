#include "jobs/load_store.hpp"

#include "jobs/gate_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/ready_shared.hpp"

namespace ideamine::jobs {

namespace {

namespace plane = dispatch::shared;
using Kind = pg::Statement::Kind;

constinit pg::Statement list_ready{
    "SELECT " IDEAMINE_READY("j") " FROM ideamine.jobs j"
    " WHERE j.status = 'pending' AND j.ready_at <= $1",
    Kind::reads_latest};

constinit pg::Statement lock_passed{
    "SELECT " IDEAMINE_READY("j")
    " FROM unnest($1) AS passed (tid) JOIN ideamine.jobs j ON j.ctid = passed.tid"
    " WHERE j.status = 'pending' AND j.ready_at IS NOT NULL FOR NO KEY UPDATE OF j SKIP LOCKED",
    Kind::writes_by_tid};

constexpr std::uint64_t batch = 10'000;

// Calls `with` for each job that may run and has done so since before.
template <typename With>
void for_each_ready_before(Time before, With with) {
    list_ready.execute_in_batches(
        batch,
        [&](const pg::Rows& rows) {
            for (const pg::Row row : rows) {
                if (const auto ready = read_ready(row)) {
                    with(*ready, row.get<pg::Tid>(0));
                }
            }
        },
        before);
}

}  // namespace

bool load_if_due(plane::Found found) {
    if (!plane::Loading::begin(found)) {
        return false;
    }
    plane::Loading loading;
    for_each_ready_before(Time::max(), [&](const auto& ready, auto) { loading.add(ready); });
    loading.finish();
    // who came meanwhile has found nothing
    shared::announce_ready(static_cast<std::int64_t>(loading.size()));
    return true;
}

std::int64_t reconcile_dispatch() {
    // what has just been committed may not be published yet
    constexpr std::chrono::seconds grace{5};
    constexpr std::size_t most_found = 100'000;
    load_if_due(plane::Found::nothing);
    Tids passed;
    for_each_ready_before(pg::now() - grace, [&](const auto& ready, const auto& tid) {
        if (passed.size() < most_found && plane::is_passed(ready)) {
            passed.push_back(tid);
        }
    });
    return passed.empty() ? 0 : publish_ready(lock_passed.execute(passed));
}

}  // namespace ideamine::jobs
