// What may never be, whatever happens in a simulation.
#include "priority/aging.hpp"
#include "simulation.hpp"

namespace ideamine::priority {

using jobs::PriorityClass;

// Aging: who has waited for two intervals goes with those of the class below the highest, and
// before all of its tenant that came later. So nothing but P0 jobs can pass it for ever.
void Simulation::check_nobody_is_passed(std::size_t number) {
    const auto& job = jobs_[number];
    if (job.priority_class == PriorityClass::p0) {
        return;
    }
    const auto aged = now_ - 2 * rules_.aging_interval - aging_pass - tick;
    for (std::size_t other = 0; other < jobs_.size(); ++other) {
        const auto& waiting = jobs_[other];
        if (waiting.state == JobState::pending && waiting.tenant == job.tenant &&
            waiting.ready_at < std::min(job.ready_at, aged) && !held_.contains(other) &&
            !is_closed(waiting)) {
            fault("a job is passed by " + std::to_string(number), other);
        }
    }
}

// What runs fits, and what is held does beside those that are not about to stop.
void Simulation::check_room() {
    Sums runs{tenants_.size()};
    Sums stops{tenants_.size()};
    for (const auto& job : jobs_) {
        if (job.state == JobState::running) {
            runs.add(job.tenant, job.needs);
            if (job.stop_by) {
                stops.add(job.tenant, job.needs);
            }
        }
    }
    if (!runs.within(room_.limits())) {
        fault("more runs than there is room for", 0);
    }
    for (const auto& [number, held] : held_) {
        runs.add(jobs_[number].tenant, jobs_[number].needs);
    }
    if (!runs.within(room_.used()) || !room_.used().within(runs)) {
        fault("what is counted is not what runs and is held", 0);
    }
    for (std::size_t i = 0; i < tenants_.size(); ++i) {
        runs.of_tenant[i] = room_.used().of_tenant[i];
        priority::add(runs.of_tenant[i], stops.of_tenant[i], -1);
    }
    priority::add(runs.platform, stops.platform, -1);
    if (!runs.within(room_.limits())) {
        fault("more is held than there is room for", 0);
    }
}

// Of a tenant's jobs the first one without held room has nobody to wait for: by the classes that
// they had when it was looked last who has waited for long.
void Simulation::check_nothing_fits_and_waits() {
    const auto aged_at = now_ - now_.time_since_epoch() % aging_pass;
    for (std::size_t tenant = 0; tenant < tenants_.size(); ++tenant) {
        const auto first = first_of(tenant, aged_at);
        if (first && room_.fits(tenant, jobs_[*first].needs)) {
            fault("a job waits although it fits", *first);
        }
    }
}

std::optional<std::size_t> Simulation::first_of(std::size_t tenant, Time aged_at) const {
    std::optional<std::size_t> first;
    const auto place_of = [&](std::size_t number) {
        const auto& job = jobs_[number];
        return std::tuple{aged(job.priority_class, aged_at - job.ready_at, rules_.aging_interval),
                          job.ready_at, number};
    };
    for (std::size_t number = 0; number < jobs_.size(); ++number) {
        const auto& job = jobs_[number];
        if (job.state == JobState::pending && job.tenant == tenant && !held_.contains(number) &&
            !is_closed(job) && (!first || place_of(number) < place_of(*first))) {
            first = number;
        }
    }
    return first;
}

}  // namespace ideamine::priority
