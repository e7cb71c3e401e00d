// Rounds of preemption: a model of round_store and giving_way_store.
#include <algorithm>

#include "simulation.hpp"

namespace ideamine::priority {

using jobs::PriorityClass;

namespace {

constexpr std::array resources{quota::Resource::cpu, quota::Resource::memory, quota::Resource::gpu};

Situation situation_of(const Shortage& shortage, PriorityClass waiting) {
    return {resources[shortage.resource], shortage.utilization, waiting};
}

}  // namespace

// As find_waiting of waiting_store: who has no room held, and for whom nobody was asked lately. Nor
// does anybody give way to a job whose class is closed.
std::vector<std::size_t> Simulation::list_waiting() const {
    std::set<std::size_t> once;
    for (const auto number : plane_.first_in_line(1)) {
        const auto& job = jobs_[number];
        const auto asked = asked_for_.find(number);
        const bool was_asked_for =
            asked != asked_for_.end() &&
            asked->second > std::max(now_ - rules_.limits.cooldown, job.started_at);
        if (job.state == JobState::pending && job.priority_class <= PriorityClass::p1 &&
            !held_.contains(number) && !was_asked_for && !is_closed(job)) {
            once.insert(number);
        }
    }
    std::vector<std::size_t> waiting{once.begin(), once.end()};
    std::ranges::sort(waiting, {}, [this](std::size_t number) {
        return std::tuple{jobs_[number].priority_class, jobs_[number].ready_at, number};
    });
    return waiting;
}

void Simulation::hold_round() {
    share_.reset();
    passed_over_.clear();
    given_way_.clear();
    decided_.clear();
    freed_ = Sums{tenants_.size()};
    for (const auto& job : jobs_) {
        if (job.state == JobState::running && job.stop_by) {
            freed_.add(job.tenant, job.needs);
        }
    }
    for (const auto waiting : list_waiting()) {
        if (share_ && share_->is_used_up()) {
            break;
        }
        serve(waiting);
    }
    for (const auto& [victim, fails] : decided_) {
        if (fails) {
            end_attempt(victim);
            jobs_[victim].state = JobState::ended;
        } else {
            put_aside(victim, false);
        }
    }
}

void Simulation::serve(std::size_t number) {
    const auto& job = jobs_[number];
    if (room_.fits(job.tenant, job.needs)) {
        return;
    }
    for (const auto& shortage : room_.shortages(job.tenant, job.needs, freed_)) {
        if (policy_for(policies_, situation_of(shortage, job.priority_class)) == nullptr) {
            return;
        }
    }
    const auto victims = choose(number);
    if (!victims) {
        return;
    }
    if (!share_) {
        share_.emplace(plane_.leased(), rules_.round_share);
    }
    if (!share_->allows(victims->size())) {
        return;
    }
    auto freed = freed_;
    for (const auto victim : *victims) {
        freed.add(jobs_[victim].tenant, jobs_[victim].needs);
    }
    if (!room_.fits(job.tenant, job.needs, freed)) {
        return fault("who gives way does not free enough", number);
    }
    check_decision(number, *victims);
    room_.take(job.tenant, job.needs);
    held_[number] = {.place = ++tally_.held,
                     .expires_at = now_ + rules_.grace + rules_.held_room_timeout};
    freed_ = std::move(freed);
    share_->use(victims->size());
    decide(number, *victims);
}

bool Simulation::spares_too_much(std::size_t waiting, const Shortage& shortage) const {
    if (rules_.limits.fails_at_limit) {
        return false;
    }
    Amount spared = 0;
    for (const auto& job : jobs_) {
        if (job.state == JobState::running && job.priority_class > PriorityClass::p0 &&
            job.preemptions >= rules_.limits.max_preemptions &&
            (shortage.of_platform || job.tenant == jobs_[waiting].tenant)) {
            spared += job.needs[shortage.resource];
        }
    }
    return static_cast<double>(spared) > rules_.spared_share * static_cast<double>(shortage.limit);
}

Legality Simulation::judge_of(std::size_t victim, std::size_t waiting) const {
    const auto& job = jobs_[victim];
    auto limits = rules_.limits;
    limits.fails_at_limit = limits.fails_at_limit || spares_nobody_;
    return judge({.priority_class = job.priority_class,
                  .preemptions = job.preemptions,
                  .resumed_at = job.resumed_at,
                  .started_at = job.started_at},
                 limits, jobs_[waiting].priority_class, now_);
}

void Simulation::look_at(std::size_t waiting, const std::vector<Shortage>& shortages) {
    const auto& job = jobs_[waiting];
    spares_nobody_ = std::ranges::any_of(
        shortages, [&](const auto& shortage) { return spares_too_much(waiting, shortage); });
    std::map<std::size_t, dispatch::Leased> found;
    for (const auto& shortage : shortages) {
        for (const auto& leased : plane_.list_yielding(
                 shortage.of_platform ? -1 : static_cast<int>(job.tenant),
                 static_cast<std::uint8_t>(job.priority_class), shortage.resource)) {
            const auto number = job_number(leased.job);
            const auto legality = judge_of(number, waiting);
            tally_.spared += legality == Legality::is_spared ? 1 : 0;
            if ((legality == Legality::may || legality == Legality::fails) &&
                !passed_over_.contains(number)) {
                found.emplace(number, leased);
            }
        }
    }
    std::vector<dispatch::Leased> sorted;
    for (const auto& [number, leased] : found) {
        sorted.push_back(leased);
    }
    std::ranges::sort(sorted, dispatch::gives_way_before);
    running_.clear();
    candidates_.clear();
    for (const auto& leased : sorted) {
        const auto number = job_number(leased.job);
        const auto& victim = jobs_[number];
        running_.push_back(number);
        candidates_.push_back({.candidate = {victim.priority_class, victim.needs},
                               .is_own = victim.tenant == job.tenant});
    }
}

std::vector<Missing> Simulation::missing_of(std::size_t waiting,
                                            const std::vector<Shortage>& shortages) {
    std::vector<Missing> all;
    for (const auto& shortage : shortages) {
        Classes present;
        for (const auto& [candidate, is_own] : candidates_) {
            if ((is_own || shortage.of_platform) && candidate.holds[shortage.resource] > 0) {
                present.add(candidate.priority_class);
            }
        }
        all.push_back(
            {.resource = shortage.resource,
             .amount = shortage.missing,
             .of_platform = shortage.of_platform,
             .classes = giving_way(policies_, situation_of(shortage, jobs_[waiting].priority_class),
                                   present)});
    }
    return all;
}

// Whose worker was asked to stop cannot be locked.
std::optional<std::vector<std::size_t>> Simulation::choose(std::size_t waiting) {
    const auto& job = jobs_[waiting];
    const auto shortages = room_.shortages(job.tenant, job.needs, freed_);
    while (!shortages.empty()) {
        look_at(waiting, shortages);
        std::vector<std::size_t> victims;
        bool are_all_there = true;
        for (const auto place : choose_victims(candidates_, missing_of(waiting, shortages))) {
            victims.push_back(running_[place]);
            if (jobs_[running_[place]].stop_by) {
                passed_over_.insert(running_[place]);
                are_all_there = false;
            }
        }
        if (victims.empty()) {
            return std::nullopt;
        }
        if (are_all_there) {
            return victims;
        }
    }
    return std::vector<std::size_t>{};
}

void Simulation::check_decision(std::size_t waiting, const std::vector<std::size_t>& victims) {
    const auto& gains = jobs_[waiting];
    if (given_way_.contains(waiting) || gains.state != JobState::pending || is_closed(gains)) {
        fault("others give way to a job that cannot run", waiting);
    }
    for (const auto number : victims) {
        const auto& victim = jobs_[number];
        if (victim.priority_class == PriorityClass::p0) {
            fault("P0 gives way", number);
        }
        if (victim.priority_class <= gains.priority_class) {
            fault("a job gives way to one of no higher class", number);
        }
        if (victim.state != JobState::running || given_way_.contains(number)) {
            fault("a job gives way twice", number);
        }
        if (victim.resumed_at &&
            now_ < std::max(*victim.resumed_at, victim.started_at) + rules_.limits.cooldown) {
            fault("a job gives way that was only just resumed", number);
        }
        auto without = freed_;
        for (const auto other : victims) {
            if (other != number) {
                without.add(jobs_[other].tenant, jobs_[other].needs);
            }
        }
        if (room_.fits(gains.tenant, gains.needs, without)) {
            fault("a job gives way that need not", number);
        }
    }
}

void Simulation::decide(std::size_t waiting, const std::vector<std::size_t>& victims) {
    for (const auto number : victims) {
        const bool fails = judge_of(number, waiting) == Legality::fails;
        passed_over_.insert(number);
        given_way_.insert(number);
        tally_.failed += fails ? 1 : 0;
        if (fails) {
            decided_.emplace_back(number, true);
            continue;
        }
        ++tally_.preempted;
        asked_for_[waiting] = now_;
        if (rules_.grace > Duration::zero()) {
            jobs_[number].stop_by = now_ + rules_.grace;
        } else {
            decided_.emplace_back(number, false);
        }
    }
}

// As the duty of held_room_store.
void Simulation::give_back_unclaimed_room() {
    std::erase_if(held_, [this](const auto& entry) {
        const auto& [number, held] = entry;
        const auto& job = jobs_[number];
        if (now_ < held.expires_at && job.state == JobState::pending) {
            return false;
        }
        if (!held.was_closed) {
            fault("others gave way to a job that did not run", number);
        }
        room_.give_back(job.tenant, job.needs);
        return true;
    });
}

}  // namespace ideamine::priority
