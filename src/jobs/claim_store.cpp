#include "jobs/claim_store.hpp"

#include <set>

#include "jobs/incarnation_store.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/promote_store.hpp"
#include "jobs/turns.hpp"

namespace ideamine::jobs {

namespace {

// A lane is what jobs require, as the array literal that the index jobs_ready begins with. The statements
// below walk that index from one distinct value to the next: they cost a look per value, however many
// jobs there are behind it.
constinit pg::Statement next_lane{
    "SELECT required_capabilities::text, required_capabilities <@ $2 FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities > $1::text[]"
    " ORDER BY required_capabilities LIMIT 1"};

constinit pg::Statement no_requirements{
    "SELECT FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = '{}' LIMIT 1"};

constinit pg::Statement next_tenant{
    "SELECT tenant_id FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id > $3"
    " ORDER BY tenant_id LIMIT 1"};

constinit pg::Statement first_ready{
    "SELECT ready_at FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id = $3"
    " ORDER BY ready_at, job_id LIMIT 1"};

// Rows are found by the place that the locking scan saw them at, so that the update searches nothing. One
// that moved between is left for the next claim.
constinit pg::Statement take{
    "UPDATE ideamine.jobs SET status = 'running', epoch = greatest(epoch + 1, $5), attempt = attempt + 1,"
    "  worker_id = $6, started_at = $7, lease = $8"
    " WHERE tenant_id = $3 AND ctid = ANY (ARRAY("
    "  SELECT ctid FROM ideamine.jobs"
    "  WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "   AND priority_class = $2::text::ideamine.priority_class AND tenant_id = $3"
    "  ORDER BY ready_at, job_id LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED))"
    " RETURNING tenant_id, job_id, epoch, attempt, job_type, payload, checkpoint, started_at + lease,"
    "  started_at + timeout"};

using Lane = std::string;

std::vector<Lane> served_lanes(const Claimant& claimant) {
    std::vector<Lane> lanes;
    Lane last = "{}";
    if (!no_requirements.execute().empty()) {
        lanes.push_back(last);
    }
    for (auto next = next_lane.execute(last, claimant.capabilities); !next.empty();
         next = next_lane.execute(last, claimant.capabilities)) {
        last = next[0].get<std::string>(0);
        if (next[0].get<bool>(1)) {
            lanes.push_back(last);
        }
    }
    return lanes;
}

// One call of acquire_jobs() on its way through the classes.
class Claim {
  public:
    Claim(const shared::Installation& installation, const Claimant& claimant, std::int32_t wanted,
          Duration lease, pg::Returned& returned)
        : installation_(installation),
          claimant_(claimant),
          left_(wanted),
          lease_(lease),
          returned_(returned),
          first_epoch_(next_epoch(current_incarnation(installation), 0)) {}

    std::int32_t left() const { return left_; }

    void run() {
        const auto lanes = served_lanes(claimant_);
        for (const auto priority_class : priority_classes) {
            if (left_ > 0 && !lanes.empty()) {
                serve_class(priority_class, lanes);
            }
        }
    }

  private:
    void serve_class(PriorityClass priority_class, const std::vector<Lane>& lanes);
    std::vector<std::string> next_round(PriorityClass priority_class,
                                        const std::vector<Lane>& lanes, const std::string& after);
    std::optional<std::string> tenant_after(PriorityClass priority_class,
                                            const std::vector<Lane>& lanes,
                                            const std::string& after);
    std::int32_t serve_tenant(PriorityClass priority_class, std::vector<Lane> lanes,
                              const std::string& tenant, std::int32_t share);

    const shared::Installation& installation_;
    const Claimant& claimant_;
    std::int32_t left_;
    Duration lease_;
    pg::Returned& returned_;
    Epoch first_epoch_;
    std::set<std::string> exhausted_;  // tenants that gave less than their share in this class
};

void Claim::serve_class(PriorityClass priority_class, const std::vector<Lane>& lanes) {
    const auto index = static_cast<int>(priority_class);
    auto last = shared::last_turn(installation_, index);
    exhausted_.clear();
    for (auto round = next_round(priority_class, lanes, last); left_ > 0 && !round.empty();
         round = next_round(priority_class, lanes, last)) {
        const auto shares = share_out(left_, static_cast<std::int32_t>(round.size()));
        for (std::size_t i = 0; i < round.size(); ++i) {
            const auto taken = serve_tenant(priority_class, lanes, round[i], shares[i]);
            left_ -= taken;
            if (taken > 0) {
                last = round[i];
            }
            if (taken < shares[i]) {
                exhausted_.insert(round[i]);
            }
        }
    }
    shared::set_last_turn(installation_, index, last);
}

// The tenants whose turn it is, beginning after the one that had the last: as many as there are jobs wanted.
std::vector<std::string> Claim::next_round(PriorityClass priority_class,
                                           const std::vector<Lane>& lanes,
                                           const std::string& after) {
    std::vector<std::string> round;
    const auto walk = [&](std::string from, const std::string& until) {
        while (round.size() < static_cast<std::size_t>(left_)) {
            const auto tenant = tenant_after(priority_class, lanes, from);
            if (!tenant || (!until.empty() && *tenant > until)) {
                return;
            }
            if (!exhausted_.contains(*tenant)) {
                round.push_back(*tenant);
            }
            from = *tenant;
        }
    };
    walk(after, "");
    if (!after.empty()) {
        walk("", after);
    }
    return round;
}

std::optional<std::string> Claim::tenant_after(PriorityClass priority_class,
                                               const std::vector<Lane>& lanes,
                                               const std::string& after) {
    if (claimant_.tenants) {
        // its own tenants are few: offer each a turn without asking whether it has anything
        const auto next = std::ranges::upper_bound(*claimant_.tenants, after);
        return next == claimant_.tenants->end() ? std::nullopt : std::optional{*next};
    }
    std::optional<std::string> first;
    for (const auto& lane : lanes) {
        const auto found = next_tenant.execute(lane, to_string(priority_class), after);
        if (!found.empty()) {
            auto tenant = found[0].get<std::string>(0);
            if (!first || tenant < *first) {
                first = std::move(tenant);
            }
        }
    }
    return first;
}

std::int32_t Claim::serve_tenant(PriorityClass priority_class, std::vector<Lane> lanes,
                                 const std::string& tenant, std::int32_t share) {
    const char* const class_name = to_string(priority_class);
    if (lanes.size() > 1) {
        std::vector<std::pair<Time, Lane>> heads;
        for (auto& lane : lanes) {
            const auto head = first_ready.execute(lane, class_name, tenant);
            if (!head.empty()) {
                heads.emplace_back(head[0].get<Time>(0), std::move(lane));
            }
        }
        std::ranges::sort(heads);
        lanes.clear();
        for (auto& [ready_at, lane] : heads) {
            lanes.push_back(std::move(lane));
        }
    }
    std::int32_t taken = 0;
    for (const auto& lane : lanes) {
        if (taken == share) {
            break;
        }
        const auto rows = take.execute(lane, class_name, tenant, std::int64_t{share - taken},
                                       first_epoch_, claimant_.worker_id, pg::now(), lease_);
        returned_.add(rows);
        taken += static_cast<std::int32_t>(rows.size());
    }
    return taken;
}

}  // namespace

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
