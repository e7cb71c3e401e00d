#include "jobs/ready_store.hpp"

namespace ideamine::jobs {

namespace {

// The statements below walk the index from one distinct value to the next: they cost a look per
// value, however many jobs there are behind it.
constinit pg::Statement next_lane{
    "SELECT j.required_capabilities::text, j.required_capabilities <@ $2 FROM ideamine.jobs j"
    " WHERE j.status = 'pending' AND j.ready_at IS NOT NULL AND j.required_capabilities > "
    "$1::text[]"
    " ORDER BY j.required_capabilities LIMIT 1"};

constinit pg::Statement next_head{
    "SELECT tenant_id, ready_at, job_id, $[1.2 needs IS NOT NULL$| false$] FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id > $3"
    " ORDER BY tenant_id, ready_at, job_id LIMIT 1"};

constinit pg::Statement head_from{
    "SELECT tenant_id, ready_at, job_id, $[1.2 needs IS NOT NULL$| false$] FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id = $3"
    "  AND (ready_at, job_id) >= ($4, $5)"
    " ORDER BY ready_at, job_id LIMIT 1"};

constinit pg::Statement first_in_line{
    "SELECT " IDEAMINE_DEMAND
    " FROM ideamine.jobs"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class AND tenant_id = $3"
    "  AND (ready_at, job_id) >= ($4, $5)"
    " ORDER BY ready_at, job_id LIMIT 64"};

// A vote is no work for a worker that has another one for the same job.
constinit pg::Statement find_runnable{
    "SELECT FROM ideamine.jobs j"
    " WHERE status = 'pending' AND ready_at IS NOT NULL AND required_capabilities = $1::text[]"
    "  AND priority_class = $2::text::ideamine.priority_class"
    "  AND tenant_id = $3"
    "  $[1.1 AND (quorum_of IS NULL OR NOT EXISTS (SELECT FROM ideamine.jobs v"
    "   WHERE v.quorum_of = j.quorum_of AND v.tenant_id = j.tenant_id AND v.worker_id = $4"
    "    AND v.status IN ('running', 'completed') OFFSET 0))$]"
    " LIMIT 1"};

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

Head head_in(const pg::Row& row, const Lane& lane) {
    return {{row.get<Time>(1), row.get<Uuid>(2)}, lane, row.get<bool>(3)};
}

}  // namespace

void ReadyJobs::find_lanes() {
    lanes_ = served_lanes(claimant_);
}

void ReadyJobs::begin_class(PriorityClass priority_class) {
    class_name_ = to_string(priority_class);
    quota_ = QuotaGate{priority_class};
}

std::optional<Turn> ReadyJobs::turn_after(const std::string& tenant) const {
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
        first->heads.insert(head_in(found[0], lane));
    }
    return first;
}

std::optional<Turn> ReadyJobs::turn_of(const std::string& tenant) const {
    Turn turn{tenant, {}};
    for (const auto& lane : lanes_) {
        if (auto head = find_head(tenant, lane, beginning)) {
            turn.heads.insert(*std::move(head));
        }
    }
    return turn.heads.empty() ? std::nullopt : std::optional{turn};
}

std::optional<Head> ReadyJobs::find_head(const std::string& tenant, const Lane& lane,
                                         const Position& from) const {
    const auto found = head_from.execute(lane, class_name_, tenant, from.ready_at, from.job);
    return found.empty() ? std::nullopt : std::optional{head_in(found[0], lane)};
}

bool ReadyJobs::drop_refused(Turn& turn) const {
    std::erase_if(turn.heads, [&](const Head& head) {
        return !quota_.could_admit(turn.tenant, head.is_needy, [&] {
            return first_in_line.execute(head.lane, class_name_, turn.tenant,
                                         head.position.ready_at, head.position.job);
        });
    });
    return !turn.heads.empty();
}

bool ReadyJobs::has_any(const Turn& turn) const {
    return std::ranges::any_of(turn.heads, [&](const Head& head) {
        return !find_runnable.execute(head.lane, class_name_, turn.tenant, claimant_.worker_id)
                    .empty();
    });
}

}  // namespace ideamine::jobs
