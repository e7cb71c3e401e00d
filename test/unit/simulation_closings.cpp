// Classes that are closed for a time, and who comes back: a model of closings_store, enforce_store
// and resume_store.
#include <algorithm>

#include "priority/aging.hpp"
#include "simulation.hpp"

namespace ideamine::priority {

using jobs::PriorityClass;

// Budgets are of tenants. A paused run lets P0 jobs finish, and hands nothing out.
budget::Closed Simulation::closed_of(std::size_t tenant) const {
    return budget::closed_classes(budget::default_thresholds, tenants_[tenant].fired);
}

bool Simulation::is_closed(const Job& job) const {
    return closed_of(job.tenant).waiting.contains(job.priority_class) ||
           paused_runs_.contains(job.run);
}

void Simulation::spend() {
    for (std::size_t i = 0; i < tenants_.size(); ++i) {
        auto& tenant = tenants_[i];
        tenant.spent += std::ranges::count_if(jobs_, [i](const Job& job) {
            return job.tenant == i && job.state == JobState::running;
        });
        const auto crossed =
            budget::crossed(tenant.total, budget::default_thresholds, tenant.fired, tenant.spent);
        tally_.closed += crossed.contains(budget::Threshold::throttle) ? 1 : 0;
        tenant.fired = tenant.fired | crossed;
    }
}

// Budgets are raised, and runs are paused and go on; without pressure all is open in the end.
void Simulation::change_closings() {
    for (auto& tenant : tenants_) {
        if (!tenant.fired.empty() && (!has_pressure_ || one_in(400))) {
            tenant.total = has_pressure_ ? tenant.total + tenant.total / 2 : budget::unlimited;
            tenant.fired =
                tenant.fired - budget::armed_again(tenant.total, budget::default_thresholds,
                                                   tenant.fired, tenant.spent);
        }
    }
    if (!has_pressure_) {
        paused_runs_.clear();
    } else if (one_in(100)) {
        const auto run = pick(static_cast<int>(3 * tenants_.size()));
        if (paused_runs_.erase(run) == 0) {
            paused_runs_.insert(run);
        }
    }
}

// As enforce_closings() of enforce_store: none of it counts towards the limit.
void Simulation::enforce_closings() {
    for (std::size_t number = 0; number < jobs_.size(); ++number) {
        auto& job = jobs_[number];
        const bool run_is_paused = paused_runs_.contains(job.run);
        if (job.state == JobState::running &&
            (closed_of(job.tenant).preempted.contains(job.priority_class) ||
             (run_is_paused && job.priority_class != PriorityClass::p0))) {
            put_aside(number, true);
            ++tally_.paused;
        } else if (job.state == JobState::pending && run_is_paused) {
            job.state = JobState::paused;
        }
    }
    for (auto& [number, held] : held_) {
        held.was_closed = held.was_closed || is_closed(jobs_[number]);
    }
}

void Simulation::reopen() {
    for (std::size_t number = 0; number < jobs_.size(); ++number) {
        auto& job = jobs_[number];
        if (is_closed(job)) {
            continue;
        }
        job.is_closed = false;
        if (job.state == JobState::paused) {
            job.state = JobState::pending;
            publish(number);
        }
    }
}

// As resume_all() of resume_store: each has to fit beside those that came back before it.
void Simulation::resume_all() {
    const auto has_waited_long = [this](const Job& job) {
        return rules_.aging_interval > Duration::zero() &&
               now_ - job.preempted_at >= rules_.aging_interval;
    };
    std::vector<std::size_t> asides;
    for (std::size_t number = 0; number < jobs_.size(); ++number) {
        if (jobs_[number].state == JobState::preempted && !jobs_[number].is_closed) {
            asides.push_back(number);
        }
    }
    std::ranges::sort(asides, {}, [this](std::size_t number) {
        const auto& job = jobs_[number];
        return std::tuple{aged(job.priority_class, now_ - job.preempted_at, rules_.aging_interval),
                          job.preempted_at, number};
    });
    Room promised = room_;
    std::map<std::size_t, Amounts> lines;
    for (const auto number : asides) {
        auto& job = jobs_[number];
        auto& line = lines[job.tenant];
        bool fits = promised.fits(job.tenant, job.needs);
        for (std::size_t i = 0; i < resource_kinds; ++i) {
            fits = fits && (job.needs[i] == 0 || line[i] == 0);
        }
        if (!fits) {
            priority::add(line, job.needs);
        }
        if (fits || has_waited_long(job)) {
            promised.take(job.tenant, job.needs);
            job.state = JobState::pending;
            job.resumed_at = now_;
            job.ready_at = job.preempted_at;
            publish(number);
            ++tally_.resumed;
        }
    }
}

}  // namespace ideamine::priority
