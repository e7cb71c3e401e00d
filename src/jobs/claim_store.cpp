#include "jobs/claim_store.hpp"

#include "access/caller_store.hpp"
#include "jobs/gate_store.hpp"
#include "jobs/incarnation_store.hpp"
#include "jobs/promote_store.hpp"
#include "jobs/ready_store.hpp"
#include "jobs/turns.hpp"

namespace ideamine::jobs {

namespace {

// Begins at the head that was found just now: what stands before it in the index are claimed jobs
// that vacuum has not removed yet, and walking over them once is enough.
// The gate has to look at some of them, and at those of paused queues: which these are is asked in
// the same moment, because this call may have waited since it began.
constinit pg::Statement lock_ready{
    "SELECT ctid, $[1.1 concurrency_key IS NOT NULL OR quorum_of IS NOT NULL,"
    "   queue = ANY (ARRAY(SELECT q.queue FROM ideamine.paused_queues q WHERE q.tenant_id = $3))"
    "  $| false, false$], epoch, $[1.2 needs IS NOT NULL OR run_id IS NOT NULL$| false$],"
    "  ready_at, job_id"
    " FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id = $3"
    "  AND (ready_at, job_id) >= ($4, $5) AND (ready_at, job_id) < ($6, $7)"
    " ORDER BY ready_at, job_id LIMIT $8 FOR NO KEY UPDATE SKIP LOCKED"};

// In the order of the argument, which is the order of readiness.
constinit pg::Statement lease_locked{
    "UPDATE ideamine.jobs j SET status = 'running', epoch = greatest(j.epoch + 1, $2),"
    "  attempt = j.attempt + 1, worker_id = $3, started_at = $4, lease = $5"
    " FROM unnest($1) AS locked (tid) WHERE j.ctid = locked.tid"
    " RETURNING j.tenant_id, j.job_id, j.epoch, j.attempt, j.job_type, j.payload, j.checkpoint,"
    "  j.started_at + j.lease, j.started_at + j.timeout, $[1.1 j.context$| NULL::jsonb$]",
    pg::Statement::Kind::writes_by_tid};

// Locked jobs, and the first place behind them.
struct Batch {
    Candidates candidates;
    Position next;
};

// One call of acquire_jobs() on its way through the classes.
class Claim {
  public:
    Claim(const shared::Installation& installation, const Claimant& claimant, std::int32_t wanted,
          Duration lease, pg::Returned& returned)
        : installation_(installation),
          claimant_(claimant),
          ready_(claimant),
          gate_(claimant.worker_id, claimant.may_wait_for_keys),
          left_(wanted),
          lease_(lease),
          returned_(returned),
          first_epoch_(next_epoch(current_incarnation(installation), 0)) {}

    std::int32_t left() const { return left_; }

    void run() {
        ready_.find_lanes();
        for (const auto priority_class : priority_classes) {
            if (left_ > 0) {
                serve_class(priority_class);
            }
        }
    }

  private:
    void serve_class(PriorityClass priority_class);
    std::vector<Turn> next_round(const std::string& after);
    std::int32_t serve(Turn turn, std::int32_t most);
    std::int32_t lease(const std::string& tenant, const Head& head, const Position& until,
                       std::int32_t most);
    Tids admit(const std::string& tenant, const Candidates& candidates, std::int32_t most);
    Batch lock(const std::string& tenant, const Lane& lane, const Position& from,
               const Position& until, std::int64_t most);

    const shared::Installation& installation_;
    const Claimant& claimant_;
    ReadyJobs ready_;
    Gate gate_;
    std::int32_t left_;
    Duration lease_;
    pg::Returned& returned_;
    Epoch first_epoch_;
    std::set<std::string>
        exhausted_;  // tenants that gave less than they were asked for in this class
};

void Claim::serve_class(PriorityClass priority_class) {
    const auto index = static_cast<int>(priority_class);
    const auto first = shared::last_turn(installation_, index);
    auto last = first;
    ready_.begin_class(priority_class);
    exhausted_.clear();
    for (auto round = next_round(last); !round.empty(); round = next_round(last)) {
        const auto most = jobs_per_turn(left_, static_cast<std::int32_t>(round.size()));
        for (auto& turn : round) {
            const auto tenant = turn.tenant;
            const auto taken = serve(std::move(turn), most);
            left_ -= taken;
            if (taken > 0) {
                last = tenant;
            }
            if (taken < most) {
                exhausted_.insert(tenant);
            }
        }
        if (left_ == 0) {
            break;
        }
    }
    if (last != first) {
        shared::set_last_turn(installation_, index, last);
    }
}

// The tenants whose turn it is, beginning after the one that had the last: as many as there are
// jobs wanted.
std::vector<Turn> Claim::next_round(const std::string& after) {
    std::vector<Turn> round;
    const auto walk = [&](std::string from, const std::string& until) {
        while (round.size() < static_cast<std::size_t>(left_)) {
            auto turn = ready_.turn_after(from);
            if (!turn || (!until.empty() && turn->tenant > until)) {
                return;
            }
            from = turn->tenant;
            if (exhausted_.contains(from)) {
                continue;
            }
            if (ready_.drop_refused(*turn)) {
                round.push_back(*std::move(turn));
            } else {
                exhausted_.insert(from);
            }
        }
    };
    walk(after, "");
    if (!after.empty()) {
        walk("", after);
    }
    return round;
}

// Merges the lanes of one tenant: each gives what is ready longer than the head of the next one.
std::int32_t Claim::serve(Turn turn, std::int32_t most) {
    ready_.quota().begin_turn();
    std::int32_t taken = 0;
    while (taken < most && !turn.heads.empty()) {
        const auto head = turn.heads.extract(turn.heads.begin()).value();
        const auto until = turn.heads.empty() ? end : turn.heads.begin()->position;
        taken += lease(turn.tenant, head, until, most - taken);
        if (taken < most && until != end) {
            if (auto next = ready_.find_head(turn.tenant, head.lane, until)) {
                turn.heads.insert(*std::move(next));
            }
        }
    }
    return taken;
}

// Where nothing of a batch may run, the next one is larger: a backlog of such jobs is passed
// quickly.
constexpr std::int64_t largest_batch = 512;

std::int32_t Claim::lease(const std::string& tenant, const Head& head, const Position& until,
                          std::int32_t most) {
    auto from = head.position;
    std::int32_t taken = 0;
    std::int64_t asked = most;
    for (bool more = true; more && taken < most;) {
        const auto [candidates, next] = lock(tenant, head.lane, from, until, asked);
        const auto tids = admit(tenant, candidates, most - taken);
        more = static_cast<std::int64_t>(candidates.locked.size()) == asked &&
               tids.size() < candidates.locked.size() && !ready_.quota().gives_up();
        from = next;
        if (!tids.empty()) {
            returned_.add(
                lease_locked.execute(tids, first_epoch_, claimant_.worker_id, pg::now(), lease_));
        }
        taken += static_cast<std::int32_t>(tids.size());
        asked = tids.empty() ? std::max(asked, std::min(2 * asked, largest_batch)) : most - taken;
    }
    return taken;
}

// Those that all gates let pass, up to so many.
Tids Claim::admit(const std::string& tenant, const Candidates& candidates, std::int32_t most) {
    auto tids = candidates.special.empty() ? candidates.locked : gate_.admit(tenant, candidates);
    tids.resize(std::min(tids.size(), static_cast<std::size_t>(most)));
    return ready_.quota().admit(tenant, tids, candidates.counted);
}

Batch Claim::lock(const std::string& tenant, const Lane& lane, const Position& from,
                  const Position& until, std::int64_t most) {
    Candidates candidates;
    Position next = from;
    Epoch latest = 0;
    for (const pg::Row row : lock_ready.execute(lane, ready_.class_name(), tenant, from.ready_at,
                                                from.job, until.ready_at, until.job, most)) {
        const auto tid = row.get<pg::Tid>(0);
        const bool paused = row.get<bool>(2);
        candidates.locked.push_back(tid);
        if (paused) {
            candidates.paused.push_back(tid);
        }
        if (paused || row.get<bool>(1)) {
            candidates.special.push_back(tid);
        }
        if (row.get<bool>(4)) {
            candidates.counted.push_back(tid);
        }
        latest = std::max(latest, row.get<Epoch>(3));
        next = {row.get<Time>(5), successor(row.get<Uuid>(6))};
    }
    if (const auto ahead = incarnation_of(latest); ahead > incarnation_of(first_epoch_)) {
        first_epoch_ = next_epoch(raise_incarnation_above(installation_, ahead), 0);
    }
    return {std::move(candidates), next};
}

constinit pg::Statement next_due{
    "SELECT run_at FROM ideamine.jobs WHERE status = 'pending' AND ready_at IS NULL"
    " ORDER BY run_at LIMIT 1"};

constinit pg::Statement next_due_of{
    "SELECT run_at FROM ideamine.jobs WHERE status = 'pending' AND ready_at IS NULL"
    "  AND tenant_id = ANY ($1) ORDER BY run_at LIMIT 1"};

// A login that is bound to tenants is not told when others have work, although that is what wakes
// its worker; passing over their jobs is its own time.
pg::Rows find_next_due(const Claimant& claimant) {
    return claimant.tenants && !access::caller_is_platform()
               ? next_due_of.execute(*claimant.tenants)
               : next_due.execute();
}

bool has_work(const Claimant& claimant) {
    ReadyJobs ready{claimant};
    ready.find_lanes();
    for (const auto priority_class : priority_classes) {
        ready.begin_class(priority_class);
        for (auto turn = ready.turn_after(""); turn; turn = ready.turn_after(turn->tenant)) {
            pg::check_interrupts();
            if (ready.drop_refused(*turn) && ready.has_any(*turn)) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

std::optional<Time> next_work_at(const Claimant& claimant) {
    if (has_work(claimant)) {
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
    // Scheduled jobs that came due since the background worker looked.
    if (claim.left() > 0 && promote_scheduled(pg::now()) > 0) {
        claim.run();
    }
    return wanted - claim.left();
}

}  // namespace ideamine::jobs
