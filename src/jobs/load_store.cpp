#include "jobs/load_store.hpp"

#include <set>

#include "dispatch/leases_shared.hpp"
#include "ideamine/pg/transaction_id.hpp"
#include "jobs/gate_store.hpp"
#include "jobs/live_rows_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/ready_shared.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace ideamine::jobs {

namespace {

namespace plane = dispatch::shared;
using Kind = pg::Statement::Kind;

constinit pg::Statement find_lease{
    "SELECT FROM ideamine.jobs WHERE job_id = $1 AND epoch = $2 AND status::text = 'running'",
    Kind::reads_latest};

constinit pg::Statement find_running{
    "SELECT job_id FROM ideamine.jobs"
    " WHERE status = 'running' AND (worker_id = $1 OR $1 IS NULL)",
    Kind::walks};

constinit pg::Statement lock_passed{
    "SELECT " IDEAMINE_READY("j")
    " FROM unnest($1) AS passed (tid) JOIN ideamine.jobs j ON j.ctid = passed.tid"
    " WHERE j.status = 'pending' AND j.ready_at IS NOT NULL FOR NO KEY UPDATE OF j SKIP LOCKED",
    Kind::writes_by_tid};

// Calls `ready` for each job that may run, and `leased` for each that runs, and has done so since
// before.
template <typename Ready, typename Leased>
void for_each_before(Time before, Ready ready, Leased leased) {
    LiveRows rows;
    while (rows.next(before)) {
        if (rows.is_running()) {
            leased(rows.tenant(), rows.leased());
        } else {
            ready(rows.ready(), rows.tid());
        }
    }
}

// Leases of the table that are not in memory, and the other way round.
class LeasesApart {
  public:
    LeasesApart() : here_(plane::leases(std::nullopt)), gone_(here_.leases.size(), true) {
        std::sort(here_.leases.begin(), here_.leases.end());
    }

    void add_from_table(std::string_view tenant, const dispatch::Leased& leased) {
        const auto& known = here_.leases;
        const auto found = std::lower_bound(known.begin(), known.end(), leased);
        if (found != known.end() && *found == leased) {
            gone_[static_cast<std::size_t>(found - known.begin())] = false;
        } else if (here_.are_all) {
            missing_.push_back({plane::tenant_node(tenant), leased});
        }
    }

    // What was there before the table was read and is not in the table has ended, unless it is not
    // committed yet or began after that. Returns how many were missing.
    std::int64_t reconcile() {
        for (std::size_t i = 0; i < gone_.size(); ++i) {
            const auto& leased = here_.leases[i];
            if (gone_[i] && !pg::is_in_progress(leased.transaction) &&
                find_lease.execute(leased.job, leased.epoch).empty()) {
                plane::forget_lease(leased);
            }
        }
        plane::add_leases(missing_);
        return static_cast<std::int64_t>(missing_.size());
    }

  private:
    plane::LeasesHere here_;
    std::vector<bool> gone_;
    std::vector<plane::LeaseOf> missing_;
};

}  // namespace

bool load_if_due(plane::Found found) {
    if (!plane::Loading::begin(found)) {
        return false;
    }
    plane::Loading loading;
    for_each_before(
        Time::max(), [&](const auto& ready, auto) { loading.add(ready); },
        [&](auto tenant, const auto& leased) { loading.add(tenant, leased); });
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
    LeasesApart leases;
    Tids passed;
    for_each_before(
        pg::now() - grace,
        [&](const auto& ready, const auto& tid) {
            if (passed.size() < most_found && plane::is_passed(ready)) {
                passed.push_back(tid);
            }
        },
        [&](auto tenant, const auto& leased) { leases.add_from_table(tenant, leased); });
    const auto published = passed.empty() ? 0 : publish_ready(lock_passed.execute(passed));
    return published + leases.reconcile();
}

void list_running(const std::optional<Uuid>& worker, pg::Returned& returned) {
    if (plane::is_available() && !RecoveryInProgress()) {
        load_if_due(plane::Found::enough);
        const auto here = plane::leases(worker);
        if (here.are_all) {
            // a job may have several, of transactions that know nothing of each other yet
            std::set<Uuid> jobs;
            std::ranges::transform(here.leases, std::inserter(jobs, jobs.end()),
                                   &dispatch::Leased::job);
            for (const auto& job : jobs) {
                returned.add(job);
            }
            return;
        }
    }
    returned.add(find_running.execute(worker));
}

}  // namespace ideamine::jobs
