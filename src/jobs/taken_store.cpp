#include "jobs/taken_store.hpp"

#include <ranges>

#include "jobs/closings_store.hpp"
#include "jobs/job_rows_store.hpp"
#include "jobs/load_store.hpp"
#include "jobs/paused_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/served_class.hpp"

namespace ideamine::jobs {

namespace {

namespace plane = dispatch::shared;
using Kind = pg::Statement::Kind;

// What the gates have to know of a job.
#define IDEAMINE_TAKEN \
    "j.ctid, j.tenant_id, j.job_id, " IDEAMINE_SERVED_AS("j") "::text, j.epoch,"              \
    " $[1.1 j.concurrency_key IS NOT NULL OR j.quorum_of IS NOT NULL,"                        \
    "  (j.tenant_id, j.queue) IN (SELECT q.tenant_id, q.queue FROM ideamine.paused_queues q)" \
    " $| false, false$], j.run_id IS NOT NULL$[1.2  OR j.needs IS NOT NULL$]"

// Which queues are paused is asked in the same moment, because this call may have waited since it
// began.
constinit pg::Statement lock_where_it_stood{
    "SELECT " IDEAMINE_TAKEN
    " FROM unnest($1) AS taken (tid) JOIN ideamine.jobs j ON j.ctid = taken.tid"
    " WHERE j.status = 'pending' AND j.ready_at IS NOT NULL FOR NO KEY UPDATE OF j SKIP LOCKED",
    Kind::writes_by_tid};

constinit pg::Statement lock_by_key{
    "SELECT " IDEAMINE_TAKEN
    " FROM unnest($1::text[], $2::uuid[]) AS t (tenant_id, job_id)"
    " CROSS JOIN LATERAL (SELECT ctid, * FROM ideamine.jobs"
    "  WHERE job_id = t.job_id AND tenant_id = t.tenant_id AND status::text = 'pending'"
    "   AND ready_at IS NOT NULL"
    "  FOR NO KEY UPDATE SKIP LOCKED) AS j"};

// Those that somebody else has locked, or that an old snapshot does not show.
constinit pg::Statement find_pending{
    "SELECT t.job_id FROM unnest($1::text[], $2::uuid[]) AS t (tenant_id, job_id)"
    " CROSS JOIN LATERAL (SELECT FROM ideamine.jobs"
    "  WHERE job_id = t.job_id AND tenant_id = t.tenant_id AND status::text = 'pending'"
    "   AND ready_at IS NOT NULL OFFSET 0) AS j",
    Kind::reads_latest};

// The array literal of a lane, parsed once in a session.
const std::vector<std::string>& requirements_of(const std::string& lane) {
    static auto* const parsed = new std::map<std::string, std::vector<std::string>>;
    auto found = parsed->find(lane);
    if (found == parsed->end()) {
        const auto literal = lane.substr(0, lane.rfind('}') + 1);
        found = parsed->emplace(lane, pg::parse_array(literal)).first;
    }
    return found->second;
}

std::vector<std::string> served_lanes(const Claimant& claimant) {
    auto lanes = plane::lanes();
    std::erase_if(lanes, [&](const std::string& lane) {
        return !std::ranges::includes(claimant.capabilities, requirements_of(lane));
    });
    return lanes;
}

}  // namespace

TakenJobs::TakenJobs(const Claimant& claimant)
    : claimant_(claimant), gate_(claimant.worker_id, claimant.may_wait_for_keys) {
    load_if_due(plane::Found::enough);
}

bool TakenJobs::take_some(std::size_t wanted, dispatch::Plane::Dry dry) {
    lanes_ = served_lanes(claimant_);
    const plane::Taking taking{.lanes = {lanes_.begin(), lanes_.end()},
                               .tenants = claimant_.tenants ? &*claimant_.tenants : nullptr,
                               .wanted = wanted};
    hands_ = plane::take(taking, dry, quota_);
    while (hands_.empty() && quota_.find_out()) {
        hands_ = plane::take(taking, dry, quota_);
    }
    return !hands_.empty();
}

// Once at most: what is read again and again may be what others have locked.
bool TakenJobs::load_once_if_due(plane::Found found) {
    return !has_loaded_ && (has_loaded_ = load_if_due(found));
}

// What should go first and found no room is read again. Where that takes long it is not done all
// the time, and what is there goes first instead.
void TakenJobs::take_first(std::size_t wanted) {
    using Dry = dispatch::Plane::Dry;
    if (take_some(wanted, Dry::ends) ||
        (load_once_if_due(plane::Found::little) && take_some(wanted, Dry::ends)) ||
        !hands_.is_dry || take_some(wanted, Dry::makes_do)) {
        return;
    }
    if (load_once_if_due(plane::Found::nothing) && !take_some(wanted, Dry::ends)) {
        take_some(wanted, Dry::makes_do);
    }
}

std::size_t TakenJobs::take(std::size_t wanted) {
    locked_.clear();
    next_ = locked_.end();
    open_.clear();
    take_first(wanted);
    if (hands_.empty()) {
        return 0;
    }
    very_first_ = very_first_.value_or(hands_.first);
    for (auto hand = hands_.first; hand != hands_.last; ++hand) {
        if (!open_.emplace(plane::item(hand).job, hand).second) {
            plane::drop(hand);  // it stood there twice
        }
    }
    lock();
    return hands_.last - hands_.first;
}

// False: it has to be done by a statement.
bool TakenJobs::lock_directly() {
    JobRows rows;
    if (!rows.are_plain()) {
        return false;
    }
    for (auto hand = hands_.first; hand != hands_.last; ++hand) {
        const auto& item = plane::item(hand);
        const auto tid = tid_of(item.row);
        if (!open_.contains(item.job) || !rows.find(item.job, tid) || !rows.is_ready() ||
            !rows.try_lock()) {
            continue;
        }
        open_.erase(item.job);
        const std::string tenant{rows.tenant()};
        const bool is_paused = paused_queues_of(tenant).contains(rows.queue());
        add_locked(rows.served_as(), tenant, rows.epoch(),
                   {.hand = hand,
                    .tid = tid,
                    .is_special = rows.is_special() || is_paused,
                    .is_paused = is_paused,
                    .is_counted = rows.is_counted()});
    }
    return true;
}

void TakenJobs::lock_by_statement() {
    Tids tids;
    for (auto hand = hands_.first; hand != hands_.last; ++hand) {
        tids.push_back(tid_of(plane::item(hand).row));
    }
    for (const pg::Row row : lock_where_it_stood.execute(tids)) {
        add_locked(row);
    }
}

void TakenJobs::lock() {
    if (!lock_directly()) {
        lock_by_statement();
    }
    if (!open_.empty()) {
        lock_moved();
    }
    if (!open_.empty()) {
        forget_gone();
    }
    for (auto& [group, locked] : locked_) {
        std::ranges::sort(locked, {}, &Locked::hand);
    }
    next_ = locked_.begin();
}

void TakenJobs::add_locked(const pg::Row& row) {
    const auto found = open_.find(row.get<Uuid>(2));
    if (found == open_.end()) {
        return;  // another job stands there now
    }
    add_locked(parse_priority_class(row.get<std::string>(3)), row.get<std::string>(1),
               row.get<Epoch>(4),
               {.hand = found->second,
                .tid = row.get<pg::Tid>(0),
                .is_special = row.get<bool>(5) || row.get<bool>(6),
                .is_paused = row.get<bool>(6),
                .is_counted = row.get<bool>(7)});
    open_.erase(found);
}

// A job that has got a lower class goes where it belongs: who has taken it may have taken it out of
// there, too.
void TakenJobs::add_locked(PriorityClass own_class, const std::string& tenant, Epoch epoch,
                           const Locked& locked) {
    const auto number = static_cast<std::uint8_t>(own_class);
    if (number > plane::priority_class(locked.hand)) {
        plane::move(locked.hand, number);
        return;
    }
    latest_epoch_ = std::max(latest_epoch_, epoch);
    const auto served_as = static_cast<PriorityClass>(plane::served_as(locked.hand));
    locked_[{std::min(own_class, served_as), tenant}].push_back(locked);
}

namespace {

struct JobKeys {
    std::vector<std::string> tenants;
    std::vector<Uuid> jobs;

    explicit JobKeys(const std::map<Uuid, plane::Hand>& open) {
        for (const auto& [job, hand] : open) {
            tenants.push_back(plane::tenant(hand));
            jobs.push_back(job);
        }
    }
};

}  // namespace

void TakenJobs::lock_moved() {
    const JobKeys keys{open_};
    for (const pg::Row row : lock_by_key.execute(keys.tenants, keys.jobs)) {
        add_locked(row);
    }
}

// What still may run comes back when this transaction ends, and nothing else.
void TakenJobs::forget_gone() {
    const JobKeys keys{open_};
    auto gone = open_;
    for (const pg::Row row : find_pending.execute(keys.tenants, keys.jobs)) {
        gone.erase(row.get<Uuid>(0));
    }
    for (const auto& [job, hand] : gone) {
        plane::drop(hand);
    }
}

QuotaLine& TakenJobs::line_of(const Group& group) {
    return quota_lines_.try_emplace(group, group.first, quota_.line_of(group.second)).first->second;
}

Candidates TakenJobs::candidates_of(const std::vector<Locked>& locked, const Keys& aside) {
    Candidates candidates;
    for (const auto& job : locked) {
        if (aside.contains(key_of(job.tid))) {
            continue;
        }
        candidates.locked.push_back(job.tid);
        if (job.is_special) {
            candidates.special.push_back(job.tid);
        }
        if (job.is_paused) {
            candidates.paused.push_back(job.tid);
        }
        if (job.is_counted) {
            candidates.counted.push_back(job.tid);
        }
    }
    return candidates;
}

// Asked with the rows locked: whoever closes something finds out which of them run all the same.
TakenJobs::Keys TakenJobs::set_aside_closed(const std::string& tenant,
                                            const std::vector<Locked>& locked) {
    Keys aside;
    if (quota::counts_leases()) {
        hear_of_closings();
        if (read_closed(tenant).has_any()) {
            const auto tids =
                jobs::set_aside_closed(tenant, candidates_of(locked, {}).locked, pg::now());
            std::ranges::transform(tids, std::inserter(aside, aside.end()), key_of);
        }
    }
    return aside;
}

void TakenJobs::admit_group(const Group& group, const std::vector<Locked>& locked, std::size_t most,
                            std::map<plane::Hand, pg::Tid>& admitted) {
    auto aside = set_aside_closed(group.second, locked);
    const auto candidates = candidates_of(locked, aside);
    auto passed = candidates.special.empty() ? Admitted{.tids = candidates.locked, .aside = {}}
                                             : gate_.admit(group.second, candidates);
    passed.tids.resize(std::min(passed.tids.size(), most));
    passed.tids = line_of(group).admit(group.second, passed.tids, candidates.counted);
    Keys leased;
    std::ranges::transform(passed.tids, std::inserter(leased, leased.end()), key_of);
    std::ranges::transform(passed.aside, std::inserter(aside, aside.end()), key_of);
    for (const auto& [hand, tid, special, paused, counted] : locked) {
        if (leased.contains(key_of(tid))) {
            admitted.emplace(hand, tid);
        }
        if (leased.contains(key_of(tid)) || aside.contains(key_of(tid))) {
            plane::keep(hand);
            continue;
        }
        ++refused_;
        if (counted) {
            quota_.refused(group.second, plane::lane(hand), plane::priority_class(hand));
        }
    }
}

// Groups of which the gate counts what runs stand alone.
TakenJobs::Batch TakenJobs::admit(std::size_t most) {
    std::map<plane::Hand, pg::Tid> admitted;
    bool has_special = false;
    while (!has_special && is_open()) {
        const auto& [group, locked] = *next_;
        const bool is_special = std::ranges::any_of(locked, &Locked::is_special);
        if (is_special && !admitted.empty()) {
            break;
        }
        admit_group(group, locked, most - admitted.size(), admitted);
        ++next_;
        has_special = is_special;
    }
    Batch batch{.tids = {}, .tenants = {}, .has_special = has_special};
    for (const auto& [hand, tid] : admitted) {
        batch.tids.push_back(tid);
        batch.tenants.push_back(plane::tenant_node(hand));
    }
    return batch;
}

void TakenJobs::give_back_rest() const {
    if (very_first_) {
        plane::give_back(*very_first_);
    }
}

bool TakenJobs::could_admit_any() {
    return std::ranges::any_of(locked_, [this](const auto& entry) {
        const auto& [group, locked] = entry;
        const auto candidates = candidates_of(locked, {});
        return gate_.could_admit(candidates) &&
               line_of(group).could_admit(group.second, candidates.locked, candidates.counted);
    });
}

bool TakenJobs::could_take_any() {
    constexpr std::size_t at_once = 64;
    constexpr std::size_t most = 512;
    bool found = false;
    for (std::size_t looked_at = 0; !found && looked_at < most; looked_at += at_once) {
        if (take(at_once) == 0) {
            break;
        }
        found = could_admit_any();
    }
    give_back_rest();
    return found;
}

}  // namespace ideamine::jobs
