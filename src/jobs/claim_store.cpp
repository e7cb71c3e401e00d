#include "jobs/claim_store.hpp"

#include "access/caller_store.hpp"
#include "dispatch/dispatch_shared.hpp"
#include "ideamine/pg/transaction_id.hpp"
#include "jobs/incarnation_store.hpp"
#include "jobs/job_rows_store.hpp"
#include "jobs/leased_store.hpp"
#include "jobs/promote_store.hpp"
#include "jobs/served_class.hpp"
#include "jobs/taken_store.hpp"
#include "jobs/waits.hpp"

namespace ideamine::jobs {

namespace {

// In the order of the argument. First the columns of exchange_jobs(), of which acquire_jobs() has
// no answer, and then what dispatch is told.
constinit pg::Statement lease_locked{
    "UPDATE ideamine.jobs j SET status = 'running', epoch = greatest(j.epoch + 1, $2),"
    "  attempt = j.attempt + 1, worker_id = $3, started_at = $4, lease = $5"
    " FROM unnest($1) AS locked (tid) WHERE j.ctid = locked.tid"
    " RETURNING j.tenant_id, j.job_id, j.epoch, j.attempt, j.job_type, j.payload, j.checkpoint,"
    "  j.started_at + j.lease, j.started_at + j.timeout, $[1.1 j.context$| NULL::jsonb$],"
    "  NULL::text, " IDEAMINE_SERVED_AS("j") "::text, j.run_id, $[1.2 j.needs$| NULL::jsonb$],"
    "  $[1.2 j.preemptions$| 0$]",
    pg::Statement::Kind::writes_by_tid};

// Where nothing of a batch may run, the next one is larger: a backlog of such jobs is passed
// quickly, but not to its end at each claim.
constexpr std::size_t largest_batch = 512;
constexpr std::size_t most_refused = 2048;

// One call of acquire_jobs() on its way.
class Claim {
  public:
    Claim(const shared::Installation& installation, const Claimant& claimant, std::int32_t wanted,
          Duration lease, pg::Returned& returned)
        : installation_(installation),
          claimant_(claimant),
          taken_(claimant),
          left_(static_cast<std::size_t>(wanted)),
          lease_(lease),
          returned_(returned),
          first_epoch_(next_epoch(current_incarnation(installation), 0)) {}

    std::size_t left() const { return left_; }

    void run() {
        auto asked = left_;
        while (left_ > 0 && taken_.refused() <= most_refused && taken_.take(asked) > 0) {
            const auto before = left_;
            while (taken_.is_open()) {
                left_ -= lease(taken_.admit(left_));
            }
            asked = left_ == before ? std::max(asked, std::min(2 * asked, largest_batch)) : left_;
        }
        taken_.give_back_rest();
    }

  private:
    std::size_t lease(const TakenJobs::Batch& batch);
    bool lease_directly(const TakenJobs::Batch& batch);
    void lease_by_statement(const Tids& tids);
    dispatch::Leased read_leased(const pg::Row& row, Time now) const;

    const shared::Installation& installation_;
    const Claimant& claimant_;
    TakenJobs taken_;
    std::size_t left_;
    Duration lease_;
    pg::Returned& returned_;
    Epoch first_epoch_;
};

std::size_t Claim::lease(const TakenJobs::Batch& batch) {
    if (const auto ahead = incarnation_of(taken_.latest_epoch());
        ahead > incarnation_of(first_epoch_)) {
        first_epoch_ = next_epoch(raise_incarnation_above(installation_, ahead), 0);
    }
    if (!batch.tids.empty() && (batch.has_special || !lease_directly(batch))) {
        lease_by_statement(batch.tids);
    }
    return batch.tids.size();
}

// False: it has to be done by a statement.
bool Claim::lease_directly(const TakenJobs::Batch& batch) {
    JobRows rows;
    if (!rows.are_plain()) {
        return false;
    }
    const auto now = pg::now();
    std::vector<dispatch::shared::LeaseOf> leases;
    leases.reserve(batch.tids.size());
    for (std::size_t i = 0; i < batch.tids.size(); ++i) {
        rows.find_locked(batch.tids[i]);
        leases.push_back(
            {.tenant = batch.tenants[i],
             .what = rows.lease(claimant_.worker_id, first_epoch_, now, lease_, returned_)});
    }
    dispatch::shared::begin_leases(leases);
    return true;
}

void Claim::lease_by_statement(const Tids& tids) {
    const auto now = pg::now();
    const auto rows = lease_locked.execute(tids, first_epoch_, claimant_.worker_id, now, lease_);
    returned_.add(rows);
    std::vector<dispatch::shared::LeaseOf> leases;
    leases.reserve(rows.size());
    for (const pg::Row row : rows) {
        leases.push_back({.tenant = dispatch::shared::tenant_node(row.get<std::string>(0)),
                          .what = read_leased(row, now)});
    }
    dispatch::shared::begin_leases(leases);
}

dispatch::Leased Claim::read_leased(const pg::Row& row, Time now) const {
    constexpr int class_column = 11;
    const auto priority_class = parse_priority_class(row.get<std::string>(class_column));
    dispatch::Leased leased{
        .job = row.get<Uuid>(1),
        .worker = claimant_.worker_id,
        .epoch = row.get<Epoch>(2),
        .row = 0,
        .priority_class = static_cast<std::uint8_t>(priority_class),
        .preemptions = told_preemptions(row.get<std::int32_t>(class_column + 3)),
        .transaction = pg::own_transaction(),
        .since = now};
    tell_demand(leased, Released::read_demand(row, class_column + 1));
    return leased;
}

constinit pg::Statement next_due{"SELECT run_at FROM ideamine.jobs WHERE " IDEAMINE_WAITS_FOR_TIME
                                 " ORDER BY run_at LIMIT 1"};

constinit pg::Statement next_due_of{
    "SELECT run_at FROM ideamine.jobs WHERE " IDEAMINE_WAITS_FOR_TIME
    "  AND tenant_id = ANY ($1) ORDER BY run_at LIMIT 1"};

// A login that is bound to tenants is not told when others have work, although that is what wakes
// its worker; passing over their jobs is its own time.
pg::Rows find_next_due(const Claimant& claimant) {
    return claimant.tenants && !access::caller_is_platform()
               ? next_due_of.execute(*claimant.tenants)
               : next_due.execute();
}

}  // namespace

std::optional<Time> next_work_at(const Claimant& claimant) {
    if (TakenJobs{claimant}.could_take_any()) {
        return Time::min();
    }
    const auto due = find_next_due(claimant);
    if (due.empty()) {
        return std::nullopt;
    }
    const auto at = due[0].get<Time>(0);
    return at <= pg::now() ? Time::min() : at;
}

std::int32_t claim(const shared::Installation& installation, const Claimant& claimant,
                   std::int32_t wanted, Duration lease, pg::Returned& returned) {
    Claim claim{installation, claimant, wanted, lease, returned};
    claim.run();
    // Scheduled jobs that came due since the background worker looked: they are there for all when
    // this transaction has committed, and for it at once.
    if (claim.left() > 0 && promote_scheduled(pg::now()) > 0) {
        claim.run();
    }
    return wanted - static_cast<std::int32_t>(claim.left());
}

}  // namespace ideamine::jobs
