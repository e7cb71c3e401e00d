#include "priority/round_store.hpp"

#include "dispatch/heads_shared.hpp"
#include "dispatch/running.hpp"
#include "ideamine/pg/bell.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "jobs/released_store.hpp"
#include "priority/giving_way_store.hpp"
#include "priority/priority_settings.hpp"
#include "quota/held_room_store.hpp"

namespace ideamine::priority {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement count_running{
    "SELECT count(*) FROM " IDEAMINE_RUNNING("") " WHERE j.status = 'running'", Kind::reads_latest};

// Their workers were asked to stop, and have no more time for it than a policy gives them.
constinit pg::Statement list_stopping{
    "SELECT tenant_id, needs FROM ideamine.jobs"
    " WHERE stop_by <= $1 AND status::text = 'running' AND needs IS NOT NULL",
    Kind::reads_latest};

std::size_t running_jobs() {
    if (const auto known = dispatch::shared::known_leases()) {
        return *known;
    }
    return static_cast<std::size_t>(count_running.execute()[0].get<std::int64_t>(0));
}

quota::Freed stopping(Time until) {
    quota::Freed freed;
    for (const pg::Row row : list_stopping.execute(until)) {
        freed.add(row.get<std::string>(0),
                  jobs::Released::demand_of({}, row.optional<pg::Json>(1)).needs);
    }
    return freed;
}

std::string percent(double share) {
    return std::to_string(static_cast<int>(share * 100)) + " %";
}

pg::Enum class_name(jobs::PriorityClass priority_class) {
    return {"priority_class", jobs::to_string(priority_class)};
}

class Round {
  public:
    Round(const std::vector<Policy>& policies, pg::Returned& returned)
        : policies_(policies), returned_(returned) {}

    void run() {
        for (const auto& waiting : list_waiting(now_)) {
            pg::check_interrupts();
            if (share_ && share_->is_used_up()) {
                is_cut_short_ = true;
                break;
            }
            serve(waiting);
        }
        decisions_.end_leases();
        if (is_cut_short_) {
            pg::bell::ring_at_commit(Bell::room);
        }
        pg::fault_point("preemption.ended");
    }

  private:
    void serve(const Waiting& waiting);
    std::optional<std::string> obstacle(const Waiting& waiting, const GivingWay& giving_way,
                                        const std::vector<quota::Shortage>& shortages) const;
    std::optional<std::string> make_room(const Waiting& waiting, GivingWay& giving_way,
                                         const quota::Shortage& shortage);
    void decide(const Waiting& waiting, const GivingWay& giving_way,
                const quota::Shortage& shortage, const std::vector<Victim>& victims);
    void report(const Waiting& waiting, const GivingWay& giving_way,
                const quota::Shortage& shortage, std::string_view action,
                const std::optional<Victim>& victim,
                const std::optional<std::string>& explanation = {});

    const std::vector<Policy>& policies_;
    pg::Returned& returned_;
    Time now_ = pg::now();
    quota::Freed freed_ = stopping(saturating_add(now_, preemption_grace()));
    std::optional<RoundShare> share_;
    bool is_cut_short_ = false;  // the next round is to follow at once
    std::set<Uuid> passed_over_;
    Decisions decisions_;
};

// Who fits is handed out without this. What those free that gave way before in this round, or were
// asked to stop, may be more than was needed for whom they did.
void Round::serve(const Waiting& waiting) {
    const auto& needs = waiting.demand.needs;
    const auto shortages = quota::shortages(waiting.tenant, needs);
    if (shortages.empty()) {
        return;
    }
    GivingWay giving_way{waiting, policies_, passed_over_};
    const auto missing = quota::shortages(waiting.tenant, needs, freed_);
    auto why_not = obstacle(waiting, giving_way, missing);
    if (!why_not) {
        why_not = make_room(waiting, giving_way, shortages.front());
    }
    if (why_not) {
        report(waiting, giving_way, missing.empty() ? shortages.front() : missing.front(), "none",
               std::nullopt, why_not);
    }
}

std::optional<std::string> Round::obstacle(const Waiting& waiting, const GivingWay& giving_way,
                                           const std::vector<quota::Shortage>& shortages) const {
    for (const auto& shortage : shortages) {
        if (giving_way.policy_for(shortage) == nullptr) {
            return "no policy holds for " + std::string{to_string(shortage.resource)} + " of " +
                   (shortage.of_platform ? "the platform" : "its tenant") + " while " +
                   percent(shortage.utilization) + " of it are in use";
        }
    }
    if (auto why_not = why_not_handed_out(waiting, now_)) {
        return why_not;
    }
    const auto others = quota::obstacles(waiting.tenant, {.needs = {}, .run = waiting.demand.run},
                                         waiting.throttling());
    return others.empty() ? std::nullopt : std::optional{others.front().explanation};
}

// Room is taken before anybody gives way for it, so that nobody does if somebody else was faster.
std::optional<std::string> Round::make_room(const Waiting& waiting, GivingWay& giving_way,
                                            const quota::Shortage& shortage) {
    const auto [victims, are_enough] = giving_way.choose(freed_);
    if (!are_enough) {
        return "those that may give way do not free enough";
    }
    if (!share_) {
        share_.emplace(running_jobs(), preemption_round_share());
    }
    if (!share_->allows(victims.size())) {
        is_cut_short_ = true;
        return "more jobs would give way than may in one round";
    }
    std::vector<Uuid> ids;
    std::ranges::transform(victims, std::back_inserter(ids), &Victim::job);
    if (!has_worker_for(waiting, ids)) {
        return "no active worker could run it";
    }
    if (!try_lock_waiting(waiting)) {
        return "somebody else has it in hand";
    }
    auto freed = freed_;
    for (const auto& victim : victims) {
        freed.add(victim.tenant, victim.needs);
    }
    const auto* policy = giving_way.policy_for(shortage);
    if (!quota::hold_room({.tenant = waiting.tenant,
                           .job = waiting.job,
                           .demand = waiting.demand,
                           .policy = policy == nullptr ? std::string{} : policy->name,
                           .lasts = preemption_grace() + held_room_timeout()},
                          waiting.throttling(), freed)) {
        return "somebody else has taken what was free";
    }
    freed_ = std::move(freed);
    share_->use(victims.size());
    decide(waiting, giving_way, shortage, victims);
    return std::nullopt;
}

void Round::decide(const Waiting& waiting, const GivingWay& giving_way,
                   const quota::Shortage& shortage, const std::vector<Victim>& victims) {
    const auto* policy = giving_way.policy_for(shortage);
    const Cause cause{
        .reason = "room for a job of class " + std::string{jobs::to_string(waiting.priority_class)},
        .resource = shortage.resource,
        .threshold = policy == nullptr ? std::nullopt : std::optional{policy->threshold},
        .utilization = shortage.utilization,
        .beneficiary = waiting.job};
    std::vector<Victim> failing;
    std::vector<Victim> yielding;
    for (const auto& victim : victims) {
        (giving_way.fails(victim) ? failing : yielding).push_back(victim);
        passed_over_.insert(victim.job);
    }
    const bool have_grace = preemption_grace() > Duration::zero();
    if (have_grace) {
        ask_to_stop(yielding, cause, saturating_add(now_, preemption_grace()));
    } else {
        decisions_.preempt(yielding, cause);
    }
    decisions_.fail(failing);
    for (const auto& victim : victims) {
        const auto* action = giving_way.fails(victim) ? "failed"
                             : have_grace             ? "asked"
                                                      : "preempted";
        report(waiting, giving_way, shortage, action, victim);
    }
    if (victims.empty()) {
        report(waiting, giving_way, shortage, "held", std::nullopt,
               "others that give way free enough for it, too");
    }
    pg::fault_point("preemption.decided");
}

void Round::report(const Waiting& waiting, const GivingWay& giving_way,
                   const quota::Shortage& shortage, std::string_view action,
                   const std::optional<Victim>& victim,
                   const std::optional<std::string>& explanation) {
    const auto* policy = giving_way.policy_for(shortage);
    returned_.add(policy == nullptr ? std::nullopt : std::optional{policy->name},
                  pg::Enum{"resource", to_string(shortage.resource)},
                  policy == nullptr ? std::nullopt : std::optional{policy->threshold},
                  shortage.utilization, waiting.tenant, waiting.job,
                  class_name(waiting.priority_class), action,
                  victim ? std::optional{victim->tenant} : std::nullopt,
                  victim ? std::optional{victim->job} : std::nullopt,
                  victim ? std::optional{class_name(victim->attempt.priority_class)} : std::nullopt,
                  explanation);
}

}  // namespace

void hold_round(const std::vector<Policy>& policies, pg::Returned& returned) {
    if (!policies.empty()) {
        Round{policies, returned}.run();
    }
}

}  // namespace ideamine::priority
