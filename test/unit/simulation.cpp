#include "simulation.hpp"

#include <algorithm>

namespace ideamine::priority {

using jobs::PriorityClass;
using namespace std::chrono_literals;

namespace {

constexpr Duration pressure = 150min;
constexpr Duration longest = 24h;  // until the last job has ended
constexpr std::size_t tenant_count = 4;

Sums limits_of_all() {
    Sums limits{tenant_count};
    limits.platform = {32, 64, 8};
    std::ranges::fill(limits.of_tenant, Amounts{16, 32, 4});
    return limits;
}

// As they are shipped.
std::vector<Policy> shipped_policies() {
    std::vector<Policy> policies;
    for (const auto resource :
         {quota::Resource::cpu, quota::Resource::memory, quota::Resource::gpu}) {
        for (const bool together : {false, true}) {
            policies.push_back({.name = together ? "85" : "80",
                                .resource = resource,
                                .threshold = together ? 0.85 : 0.8,
                                .for_class = PriorityClass::p1,
                                .victims = {PriorityClass::p3, PriorityClass::p2},
                                .together = together});
        }
    }
    return policies;
}

}  // namespace

Simulation::Simulation(unsigned seed)
    : random_(seed),
      policies_(shipped_policies()),
      room_(limits_of_all()),
      plane_(tenant_count),
      freed_(tenant_count) {
    rules_.limits.fails_at_limit = seed % 2 == 0;
    rules_.limits.cooldown = seed % 3 == 0 ? 1min : 5min;
    rules_.grace = seed % 4 < 2 ? 0s : seed % 4 == 2 ? 20s : 40s;
    for (std::size_t i = 0; i < tenant_count; ++i) {
        tenants_.push_back({.total = 500 + pick(3'000)});
    }
}

void Simulation::fault(const std::string& what, std::size_t job) {
    if (fault_.empty()) {
        fault_ = what + ": job " + std::to_string(job) + " after " +
                 std::to_string((now_.time_since_epoch() - 1h) / 1s) + " s";
    }
}

std::string Simulation::run() {
    const auto began = now_;
    const auto has_ended = [](const Job& job) { return job.state == JobState::ended; };
    do {
        now_ += tick;
        has_pressure_ = now_ - began < pressure;
        step();
        if (now_ - began > longest) {
            fault("it waits for ever",
                  static_cast<std::size_t>(std::ranges::find_if_not(jobs_, has_ended) -
                                           jobs_.begin()));
        }
    } while (fault_.empty() && (has_pressure_ || !std::ranges::all_of(jobs_, has_ended)));
    return fault_;
}

// Duties come at their times, and in the order in which they happen to run.
void Simulation::step() {
    const auto is_due = [this](Duration interval) {
        return now_.time_since_epoch() % interval == Duration::zero();
    };
    if (has_pressure_) {
        arrive();
    }
    work();
    spend();
    change_closings();
    reopen();
    enforce_closings();
    give_back_unclaimed_room();
    if (is_due(aging_pass)) {
        plane_.age(now_, rules_.aging_interval);
        resume_all();
    }
    if (is_due(30s) || (std::exchange(has_rung_, false) && one_in(3))) {
        hold_round();
        check_room();
    }
    claim(static_cast<std::size_t>(1 + pick(8)));
    claim(100);
    check_nothing_fits_and_waits();
    check_room();
}

void Simulation::arrive() {
    // the load of P0 and P1 leaves room for others
    static constexpr std::array<int, 4> one_of{60, 12, 48, 28};
    for (std::size_t i = 0; i < one_of.size(); ++i) {
        if (!one_in(one_of[i])) {
            continue;
        }
        const auto tenant = static_cast<std::size_t>(pick(tenant_count));
        const auto work = tick * (2 + pick(i < 2 ? 24 : 200));
        const Amounts needs{1 + pick(8), pick(12), one_in(3) ? 1 + pick(3) : 0};
        jobs_.push_back({.tenant = tenant,
                         .run = one_in(2) ? static_cast<int>(3 * tenant) + pick(3) : -1,
                         .priority_class = static_cast<PriorityClass>(i),
                         .needs = needs,
                         .work = work,
                         .saved = work,
                         .ready_at = now_});
        publish(jobs_.size() - 1);
    }
}

void Simulation::publish(std::size_t number) {
    const auto& job = jobs_[number];
    plane_.add(job.tenant, static_cast<std::uint8_t>(job.priority_class), number, job.ready_at);
}

void Simulation::work() {
    for (std::size_t number = 0; number < jobs_.size(); ++number) {
        auto& job = jobs_[number];
        if (job.state != JobState::running) {
            continue;
        }
        job.work -= tick;
        if (one_in(30)) {
            job.saved = job.work;
            job.checkpoint_at = now_;
            plane_.save(number, job.epoch, now_);
        }
        if (job.work <= Duration::zero()) {
            end_attempt(number);
            job.state = JobState::ended;
            ++tally_.completed;
        } else if (job.stop_by && (now_ >= *job.stop_by || one_in(6))) {
            job.saved = now_ >= *job.stop_by ? job.saved : job.work;
            put_aside(number, false);
        }
    }
}

void Simulation::end_attempt(std::size_t number) {
    auto& job = jobs_[number];
    plane_.end(number, job.epoch);
    plane_.charge(job.tenant, static_cast<std::uint8_t>(job.priority_class),
                  std::max<Duration>(now_ - job.started_at - 1s, 0s));
    room_.give_back(job.tenant, job.needs);
    job.stop_by.reset();
}

// As settle_store has it of an attempt that is preempted: what was not saved is lost.
void Simulation::put_aside(std::size_t number, bool for_closing) {
    auto& job = jobs_[number];
    if (job.priority_class == PriorityClass::p0) {
        fault("P0 is preempted", number);
    }
    end_attempt(number);
    job.state = JobState::preempted;
    job.is_closed = for_closing;
    job.preempted_at = now_;
    job.work = job.saved;
    if (!for_closing) {
        ++job.preemptions;
        if (++job.given_way > rules_.limits.max_preemptions) {
            fault("a job gives way too often", number);
        }
    }
}

// As QuotaGate: a tenant's closed classes give nothing.
class Simulation::ClosedGate final : public dispatch::Gate {
  public:
    explicit ClosedGate(const Simulation& simulation) : simulation_(simulation) {}

    Answer ask(const dispatch::Tenant& tenant, const dispatch::Lane&,
               std::uint8_t priority_class) override {
        return simulation_.closed_of(tenant.hash)
                       .waiting.contains(static_cast<PriorityClass>(priority_class))
                   ? Answer::park
                   : Answer::pass;
    }

  private:
    const Simulation& simulation_;
};

// As Claim of claim_store and TakenJobs: what has no room goes back at the end, and what is not to
// run any more is dropped.
void Simulation::claim(std::size_t slots) {
    constexpr std::size_t largest_batch = 512;
    ClosedGate gate{*this};
    std::vector<dispatch::Taken> refused;
    std::map<std::size_t, Amounts> lines;
    for (auto asked = slots; slots > 0 && refused.size() <= largest_batch;) {
        const auto taken = plane_.take(asked, gate);
        if (taken.empty()) {
            break;
        }
        const auto before = slots;
        for (const auto& one : taken) {
            const auto number = job_number(one.item.job);
            auto& job = jobs_[number];
            if (job.state != JobState::pending) {
                plane_.drop(one);
            } else if (is_closed(job)) {  // as set_aside_closed() of closings_store
                job.state = JobState::paused;
                plane_.drop(one);
            } else if (slots > 0 && admit(number, lines)) {
                start(number);
                --slots;
            } else {
                refused.push_back(one);
            }
        }
        asked = slots == before ? std::min(2 * asked, largest_batch) : slots;
    }
    for (const auto& one : refused) {
        plane_.put_back(one);
    }
    plane_.unpark_all();
}

// As has_come_free() of held_room_store: what is held later than the job's own counts for nothing.
bool Simulation::has_come_free(std::size_t number) const {
    Sums freed{tenants_.size()};
    for (const auto& [other, held] : held_) {
        if (held.place >= held_.at(number).place) {
            freed.add(jobs_[other].tenant, jobs_[other].needs);
        }
    }
    return room_.fits(jobs_[number].tenant, jobs_[number].needs, freed);
}

// As QuotaLine: who has room held waits until all of it has come free; nobody passes those of its
// tenant that come before it and wait for the same.
bool Simulation::admit(std::size_t number, std::map<std::size_t, Amounts>& lines) {
    const auto& job = jobs_[number];
    if (held_.contains(number)) {
        const bool is_free = has_come_free(number);
        if (is_free) {
            held_.erase(number);
            ++tally_.claimed_held;
        }
        return is_free;
    }
    auto& line = lines[job.tenant];
    bool fits = room_.fits(job.tenant, job.needs);
    for (std::size_t i = 0; i < resource_kinds; ++i) {
        fits = fits && (job.needs[i] == 0 || line[i] == 0);
    }
    if (fits) {
        check_nobody_is_passed(number);
        room_.take(job.tenant, job.needs);
    } else {
        priority::add(line, job.needs);
        has_rung_ = has_rung_ || job.priority_class <= PriorityClass::p1;
    }
    return fits;
}

void Simulation::start(std::size_t number) {
    auto& job = jobs_[number];
    if (is_closed(job)) {
        fault("a job of a closed class starts", number);
    }
    job.state = JobState::running;
    job.started_at = now_;
    job.checkpoint_at = {};
    dispatch::Leased leased{.job = job_id(number),
                            .worker = {},
                            .epoch = ++job.epoch,
                            .row = 0,
                            .priority_class = static_cast<std::uint8_t>(job.priority_class),
                            .preemptions = static_cast<std::uint8_t>(job.preemptions),
                            .since = now_};
    std::ranges::copy(job.needs, leased.holds.begin());
    plane_.begin(job.tenant, leased);
}

}  // namespace ideamine::priority
