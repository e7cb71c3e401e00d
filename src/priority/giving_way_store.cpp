#include "priority/giving_way_store.hpp"

#include "dispatch/running.hpp"
#include "jobs/served_class.hpp"
#include "priority/priority_settings.hpp"

namespace ideamine::priority {

namespace {

// What jobs hold that gave way as often as they may, of a tenant or of all.
constinit pg::Statement sum_spared{
    "SELECT coalesce(sum((j.needs ->> $2)::numeric), 0) FROM " IDEAMINE_RUNNING(
        "") " WHERE j.status = 'running' AND j.needs ? $2 AND " IDEAMINE_SERVED_AS("j") " > 'P0'"
            "  AND j.preemptions >= $3 AND ($1::text IS NULL OR j.tenant_id = $1)",
    pg::Statement::Kind::reads_latest};

// More than give way in one round; the first ones in their order.
constexpr std::size_t most_candidates = 1000;

std::size_t place_of(quota::Resource resource) {
    return static_cast<std::size_t>(std::ranges::find(quota::leasable, resource) -
                                    quota::leasable.begin());
}

RunningCandidate candidate_of(const Running& running, const std::string& tenant) {
    RunningCandidate candidate{
        .candidate = {.priority_class = running.attempt.priority_class, .holds = {}},
        .is_own = running.tenant == tenant};
    std::ranges::transform(quota::leasable, candidate.candidate.holds.begin(),
                           [&](auto resource) { return running.needs[resource]; });
    return candidate;
}

// The lowest class first, then who loses least, then who gave way least often.
bool gives_way_before(const Running& one, const Running& other) {
    return std::tuple{other.attempt.priority_class, other.since(), one.attempt.preemptions,
                      one.job} < std::tuple{one.attempt.priority_class, one.since(),
                                            other.attempt.preemptions, other.job};
}

}  // namespace

bool GivingWay::spares_too_much(const quota::Shortage& shortage) const {
    const auto rules = limits();
    if (rules.fails_at_limit) {
        return false;
    }
    const auto tenant = shortage.of_platform ? std::nullopt : std::optional{waiting_.tenant};
    const auto rows = sum_spared.execute(tenant, to_string(shortage.resource),
                                         static_cast<std::int32_t>(rules.max_preemptions));
    const auto spared =
        pg::to_units("needs", rows[0].get<pg::Decimal>(0), quota::decimal_digits(shortage.resource),
                     pg::Rounding::up, false);
    return static_cast<double>(spared) >
           preemption_spared_share() * static_cast<double>(shortage.limit);
}

std::vector<Running> GivingWay::candidates_for(const quota::Shortage& shortage) const {
    Search search{.tenants = std::nullopt,
                  .for_class = waiting_.priority_class,
                  .resource = shortage.resource,
                  .spares_nobody = spares_nobody_};
    if (!shortage.of_platform) {
        search.tenants = std::vector{waiting_.tenant};
    }
    return candidates(search, most_candidates, now_);
}

void GivingWay::look_at(const std::vector<quota::Shortage>& shortages) {
    spares_nobody_ = std::ranges::any_of(
        shortages, [this](const auto& shortage) { return spares_too_much(shortage); });
    std::map<Uuid, Running> found;
    for (const auto& shortage : shortages) {
        for (auto& running : candidates_for(shortage)) {
            if (!passed_over_.contains(running.job)) {
                found.emplace(running.job, std::move(running));
            }
        }
    }
    running_.clear();
    candidates_.clear();
    for (auto& [job, running] : found) {
        running_.push_back(std::move(running));
    }
    std::ranges::sort(running_, gives_way_before);
    for (const auto& running : running_) {
        candidates_.push_back(candidate_of(running, waiting_.tenant));
    }
}

std::vector<Missing> GivingWay::missing_of(const std::vector<quota::Shortage>& shortages) const {
    std::vector<Missing> all;
    for (const auto& shortage : shortages) {
        const auto resource = place_of(shortage.resource);
        Classes present;
        for (const auto& [candidate, is_own] : candidates_) {
            if ((is_own || shortage.of_platform) && candidate.holds[resource] > 0) {
                present.add(candidate.priority_class);
            }
        }
        all.push_back({.resource = resource,
                       .amount = shortage.missing,
                       .of_platform = shortage.of_platform,
                       .classes = giving_way(policies_, situation_of(shortage), present)});
    }
    return all;
}

Legality GivingWay::judge_row(const Victim& victim) const {
    auto rules = limits();
    rules.fails_at_limit = rules.fails_at_limit || spares_nobody_;
    return judge(victim.attempt, rules, waiting_.priority_class, now_);
}

bool GivingWay::fails(const Victim& victim) const {
    return judge_row(victim) == Legality::fails;
}

// Who is locked by others, or may not give way by its row, is passed over from now on.
std::vector<Victim> GivingWay::lock(const Places& places) {
    std::vector<std::string> tenants;
    std::vector<Uuid> jobs;
    std::vector<jobs::Epoch> epochs;
    for (const auto place : places) {
        tenants.push_back(running_[place].tenant);
        jobs.push_back(running_[place].job);
        epochs.push_back(running_[place].epoch);
        passed_over_.insert(running_[place].job);
    }
    auto victims = try_lock_running(tenants, jobs, epochs);
    std::erase_if(victims, [this](const Victim& victim) {
        const auto legality = judge_row(victim);
        return legality != Legality::may && legality != Legality::fails;
    });
    for (const auto& victim : victims) {
        passed_over_.erase(victim.job);
    }
    return victims;
}

// What is missing is asked for anew each time, since others have gone on meanwhile.
GivingWay::Chosen GivingWay::choose(const quota::Freed& freed) {
    for (;;) {
        pg::check_interrupts();
        const auto shortages = quota::shortages(waiting_.tenant, waiting_.demand.needs, freed);
        if (shortages.empty()) {
            return {.victims = {}, .are_enough = true};
        }
        look_at(shortages);
        const auto places = choose_victims(candidates_, missing_of(shortages));
        if (places.empty()) {
            return {.victims = {}, .are_enough = false};
        }
        auto victims = lock(places);
        if (victims.size() < places.size()) {
            continue;
        }
        const auto needed = needed_of(
            candidates_,
            missing_of(quota::shortages(waiting_.tenant, waiting_.demand.needs, freed)), places);
        std::erase_if(victims, [&](const Victim& victim) {
            return std::ranges::none_of(
                needed, [&](auto place) { return running_[place].job == victim.job; });
        });
        return {.victims = std::move(victims), .are_enough = true};
    }
}

}  // namespace ideamine::priority
