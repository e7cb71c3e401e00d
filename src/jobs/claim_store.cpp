#include "jobs/claim_store.hpp"

#include <set>

#include "jobs/gate_store.hpp"
#include "jobs/incarnation_store.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/promote_store.hpp"
#include "jobs/turns.hpp"

namespace ideamine::jobs {

namespace {

// A lane is what jobs require, as the array literal that the index jobs_ready begins with. The
// statements below walk that index from one distinct value to the next: they cost a look per value,
// however many jobs there are behind it.
constinit pg::Statement next_lane{
    "SELECT j.required_capabilities::text, j.required_capabilities <@ $2 FROM ideamine.jobs j"
    " WHERE j.status = 'pending' AND j.ready_at IS NOT NULL AND j.required_capabilities > "
    "$1::text[]"
    " ORDER BY j.required_capabilities LIMIT 1"};

constinit pg::Statement next_head{
    "SELECT tenant_id, ready_at, job_id FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id > $3"
    " ORDER BY tenant_id, ready_at, job_id LIMIT 1"};

constinit pg::Statement head_from{
    "SELECT tenant_id, ready_at, job_id FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id = $3"
    "  AND (ready_at, job_id) >= ($4, $5)"
    " ORDER BY ready_at, job_id LIMIT 1"};

// Begins at the head that was found just now: what stands before it in the index are claimed jobs
// that vacuum has not removed yet, and walking over them once is enough.
// The gate has to look at some of them, and at those of paused queues: which these are is asked in
// the same moment, because this call may have waited since it began.
constinit pg::Statement lock_ready{
    "SELECT ctid, $[1.1 concurrency_key IS NOT NULL OR quorum_of IS NOT NULL,"
    "   queue = ANY (ARRAY(SELECT q.queue FROM ideamine.paused_queues q WHERE q.tenant_id = $3))"
    "  $| false, false$], epoch FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id = $3"
    "  AND (ready_at, job_id) >= ($4, $5) AND (ready_at, job_id) < ($6, $7)"
    " ORDER BY ready_at, job_id LIMIT $8 FOR NO KEY UPDATE SKIP LOCKED"};

constinit pg::Statement position_of{"SELECT ready_at, job_id FROM ideamine.jobs WHERE ctid = $1",
                                    pg::Statement::Kind::writes_by_tid};

// In the order of the argument, which is the order of readiness.
constinit pg::Statement lease_locked{
    "UPDATE ideamine.jobs j SET status = 'running', epoch = greatest(j.epoch + 1, $2),"
    "  attempt = j.attempt + 1, worker_id = $3, started_at = $4, lease = $5"
    " FROM unnest($1) AS locked (tid) WHERE j.ctid = locked.tid"
    " RETURNING j.tenant_id, j.job_id, j.epoch, j.attempt, j.job_type, j.payload, j.checkpoint,"
    "  j.started_at + j.lease, j.started_at + j.timeout, $[1.1 j.context$| NULL::jsonb$]",
    pg::Statement::Kind::writes_by_tid};

using Lane = std::string;

std::vector<Lane> served_lanes(const Claimant& claimant) {
    std::vector<Lane> lanes{"{}"};
    Lane last = lanes.front();
    for (auto next = next_lane.execute(last, claimant.capabilities); !next.empty();
         next = next_lane.execute(last, claimant.capabilities)) {
        last = next[0].get<std::string>(0);
        if (next[0].get<bool>(1)) {
            lanes.push_back(last);
        }
    }
    return lanes;
}

// Where a job stands in the order of one tenant and class.
struct Position {
    Time ready_at;
    Uuid job;

    auto operator<=>(const Position&) const = default;
};
constexpr Position beginning{Time::min(), {}};
constexpr Position end{Time::max(), {}};

// The job that is next in one lane of a tenant.
struct Head {
    Position position;
    Lane lane;

    auto operator<=>(const Head&) const = default;
};

Position position_in(const pg::Row& row) {
    return {row.get<Time>(1), row.get<Uuid>(2)};
}

// The first place behind a job's.
Position after(const pg::Row& row) {
    return {row.get<Time>(0), successor(row.get<Uuid>(1))};
}

// A tenant with runnable jobs of one class, and where they are: the one that is ready longest
// first.
struct Turn {
    std::string tenant;
    std::set<Head> heads;
};

// One call of acquire_jobs() on its way through the classes.
class Claim {
  public:
    Claim(const shared::Installation& installation, const Claimant& claimant, std::int32_t wanted,
          Duration lease, pg::Returned& returned)
        : installation_(installation),
          claimant_(claimant),
          gate_(claimant.worker_id, claimant.may_wait_for_keys),
          left_(wanted),
          lease_(lease),
          returned_(returned),
          first_epoch_(next_epoch(current_incarnation(installation), 0)) {}

    std::int32_t left() const { return left_; }

    void run() {
        lanes_ = served_lanes(claimant_);
        for (const auto priority_class : priority_classes) {
            if (left_ > 0) {
                serve_class(priority_class);
            }
        }
    }

  private:
    void serve_class(PriorityClass priority_class);
    std::vector<Turn> next_round(const std::string& after);
    std::optional<Turn> turn_after(const std::string& tenant);
    std::optional<Turn> turn_of(const std::string& tenant);
    std::int32_t serve(Turn turn, std::int32_t most);
    std::int32_t lease(const std::string& tenant, const Head& head, const Position& until,
                       std::int32_t most);
    Candidates lock(const std::string& tenant, const Lane& lane, const Position& from,
                    const Position& until, std::int64_t most);
    std::optional<Head> find_head(const std::string& tenant, const Lane& lane,
                                  const Position& from);

    const shared::Installation& installation_;
    const Claimant& claimant_;
    Gate gate_;
    std::int32_t left_;
    Duration lease_;
    pg::Returned& returned_;
    Epoch first_epoch_;
    std::vector<Lane> lanes_;
    const char* class_name_ = "";
    std::set<std::string>
        exhausted_;  // tenants that gave less than they were asked for in this class
};

void Claim::serve_class(PriorityClass priority_class) {
    const auto index = static_cast<int>(priority_class);
    const auto first = shared::last_turn(installation_, index);
    auto last = first;
    class_name_ = to_string(priority_class);
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
            auto turn = turn_after(from);
            if (!turn || (!until.empty() && turn->tenant > until)) {
                return;
            }
            from = turn->tenant;
            if (!exhausted_.contains(from)) {
                round.push_back(*std::move(turn));
            }
        }
    };
    walk(after, "");
    if (!after.empty()) {
        walk("", after);
    }
    return round;
}

std::optional<Turn> Claim::turn_after(const std::string& tenant) {
    if (claimant_.tenants) {
        const auto& own = *claimant_.tenants;
        for (auto next = std::ranges::upper_bound(own, tenant); next != own.end(); ++next) {
            if (auto turn = turn_of(*next)) {
                return turn;
            }
        }
        return std::nullopt;
    }
    std::optional<Turn> first;
    for (const auto& lane : lanes_) {
        const auto found = next_head.execute(lane, class_name_, tenant);
        if (found.empty()) {
            continue;
        }
        auto next = found[0].get<std::string>(0);
        if (!first || next < first->tenant) {
            first = Turn{std::move(next), {}};
        } else if (next != first->tenant) {
            continue;
        }
        first->heads.insert({position_in(found[0]), lane});
    }
    return first;
}

std::optional<Turn> Claim::turn_of(const std::string& tenant) {
    Turn turn{tenant, {}};
    for (const auto& lane : lanes_) {
        if (auto head = find_head(tenant, lane, beginning)) {
            turn.heads.insert(*std::move(head));
        }
    }
    return turn.heads.empty() ? std::nullopt : std::optional{turn};
}

std::optional<Head> Claim::find_head(const std::string& tenant, const Lane& lane,
                                     const Position& from) {
    const auto found = head_from.execute(lane, class_name_, tenant, from.ready_at, from.job);
    return found.empty() ? std::nullopt : std::optional{Head{position_in(found[0]), lane}};
}

// Merges the lanes of one tenant: each gives what is ready longer than the head of the next one.
std::int32_t Claim::serve(Turn turn, std::int32_t most) {
    std::int32_t taken = 0;
    while (taken < most && !turn.heads.empty()) {
        const auto head = turn.heads.extract(turn.heads.begin()).value();
        const auto until = turn.heads.empty() ? end : turn.heads.begin()->position;
        taken += lease(turn.tenant, head, until, most - taken);
        if (taken < most && until != end) {
            if (auto next = find_head(turn.tenant, head.lane, until)) {
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
    while (taken < most) {
        auto candidates = lock(tenant, head.lane, from, until, asked);
        auto& tids = candidates.locked;
        const bool any_special = !candidates.special.empty();
        const bool more = static_cast<std::int64_t>(tids.size()) == asked && any_special;
        if (any_special) {
            from = after(position_of.execute(tids.back())[0]);
            tids = gate_.admit(tenant, candidates);
        }
        tids.resize(std::min(tids.size(), static_cast<std::size_t>(most - taken)));
        if (!tids.empty()) {
            returned_.add(
                lease_locked.execute(tids, first_epoch_, claimant_.worker_id, pg::now(), lease_));
        }
        taken += static_cast<std::int32_t>(tids.size());
        if (!more) {
            break;
        }
        asked = tids.empty() ? std::max(asked, std::min(2 * asked, largest_batch)) : most - taken;
    }
    return taken;
}

Candidates Claim::lock(const std::string& tenant, const Lane& lane, const Position& from,
                       const Position& until, std::int64_t most) {
    Candidates candidates;
    Epoch latest = 0;
    for (const pg::Row row : lock_ready.execute(lane, class_name_, tenant, from.ready_at, from.job,
                                                until.ready_at, until.job, most)) {
        const auto tid = row.get<pg::Tid>(0);
        const bool paused = row.get<bool>(2);
        candidates.locked.push_back(tid);
        if (paused) {
            candidates.paused.push_back(tid);
        }
        if (paused || row.get<bool>(1)) {
            candidates.special.push_back(tid);
        }
        latest = std::max(latest, row.get<Epoch>(3));
    }
    if (const auto ahead = incarnation_of(latest); ahead > incarnation_of(first_epoch_)) {
        first_epoch_ = next_epoch(raise_incarnation_above(installation_, ahead), 0);
    }
    return candidates;
}

// A vote is no work for a worker that has another one for the same job.
constinit pg::Statement find_runnable{
    "SELECT FROM ideamine.jobs j"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class"
    "  AND ($3::text[] IS NULL OR tenant_id = ANY ($3))"
    "  $[1.1 AND (quorum_of IS NULL OR NOT EXISTS (SELECT FROM ideamine.jobs v"
    "   WHERE v.quorum_of = j.quorum_of AND v.tenant_id = j.tenant_id AND v.worker_id = $4"
    "    AND v.status IN ('running', 'completed')))$]"
    " LIMIT 1"};

constinit pg::Statement next_due{
    "SELECT run_at FROM ideamine.jobs WHERE status = 'pending' AND ready_at IS NULL"
    " ORDER BY run_at LIMIT 1"};

}  // namespace

std::optional<Time> next_work_at(const Claimant& claimant) {
    for (const auto& lane : served_lanes(claimant)) {
        for (const auto priority_class : priority_classes) {
            if (!find_runnable
                     .execute(lane, to_string(priority_class), claimant.tenants, claimant.worker_id)
                     .empty()) {
                return Time::min();
            }
        }
    }
    const auto due = next_due.execute();
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
