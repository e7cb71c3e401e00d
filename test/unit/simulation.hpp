// Hours of jobs under pressure, with a clock that is a counter: the pure rules that the server
// uses, and around them a small model of what the stores do with rows. All that a rule forbids is a
// fault.
#pragma once

#include <map>
#include <random>
#include <set>

#include "budget/thresholds.hpp"
#include "priority/legality.hpp"
#include "priority/round.hpp"
#include "simulation_plane.hpp"
#include "simulation_room.hpp"

namespace ideamine::priority {

enum class JobState { pending, running, preempted, paused, ended };

struct SimulatedJob {
    std::size_t tenant;
    int run;  // -1: none
    jobs::PriorityClass priority_class;
    Amounts needs;
    Duration work;   // that is left to do
    Duration saved;  // the same when it saved a checkpoint last

    JobState state = JobState::pending;
    bool is_closed = false;  // preempted: it waits until its class is open again, not for room
    Time ready_at;
    Time preempted_at{};
    Time started_at{};
    Time checkpoint_at{};
    std::optional<Time> resumed_at{};
    std::optional<Time> stop_by{};
    int preemptions = 0;
    std::int64_t epoch = 0;
    // of which the server keeps nothing
    int given_way = 0;  // to other jobs
};

struct HeldRoom {
    int place;  // in the order in which it was taken
    Time expires_at;
    bool was_closed = false;  // its job's class, for a time
};

struct SimulatedTenant {
    Amount total;
    Amount spent = 0;
    budget::ThresholdSet fired{};
};

struct Rules {
    Limits limits;
    Duration grace{};
    Duration held_room_timeout = std::chrono::seconds{60};
    Duration aging_interval = std::chrono::minutes{15};
    double round_share = 0.2;
    double spared_share = 0.5;
};

inline constexpr Duration tick = std::chrono::seconds{5};
// It is looked that often who has waited for long.
inline constexpr Duration aging_pass = std::chrono::seconds{30};

// What has happened, so that a simulation is seen to have reached what it is about.
struct Tally {
    int preempted = 0, failed = 0, held = 0, claimed_held = 0, resumed = 0, closed = 0, paused = 0,
        spared = 0, completed = 0;
};

class Simulation {
  public:
    explicit Simulation(unsigned seed);

    // Pressure for a time, and then what is left; returns the first fault, empty if there is none.
    std::string run();
    const Tally& tally() const { return tally_; }

  private:
    using Job = SimulatedJob;
    class ClosedGate;

    int pick(int most) { return std::uniform_int_distribution{0, most - 1}(random_); }
    bool one_in(int count) { return pick(count) == 0; }
    void fault(const std::string& what, std::size_t job);

    // what happens to jobs: simulation.cpp
    void step();
    void arrive();
    void work();
    void claim(std::size_t slots);
    bool has_come_free(std::size_t job) const;
    bool admit(std::size_t job, std::map<std::size_t, Amounts>& lines);
    void start(std::size_t job);
    void end_attempt(std::size_t job);
    void put_aside(std::size_t job, bool for_closing);
    void publish(std::size_t job);

    // what may never be: simulation_checks.cpp
    void check_room();
    void check_nobody_is_passed(std::size_t by);
    void check_nothing_fits_and_waits();
    std::optional<std::size_t> first_of(std::size_t tenant, Time aged_at) const;

    // who gives way: simulation_round.cpp
    void hold_round();
    std::vector<std::size_t> list_waiting() const;
    void serve(std::size_t waiting);
    std::optional<std::vector<std::size_t>> choose(std::size_t waiting);
    void look_at(std::size_t waiting, const std::vector<Shortage>& shortages);
    std::vector<Missing> missing_of(std::size_t waiting, const std::vector<Shortage>& shortages);
    bool spares_too_much(std::size_t waiting, const Shortage& shortage) const;
    Legality judge_of(std::size_t victim, std::size_t waiting) const;
    void decide(std::size_t waiting, const std::vector<std::size_t>& victims);
    void check_decision(std::size_t waiting, const std::vector<std::size_t>& victims);
    void give_back_unclaimed_room();

    // what is closed, and who comes back: simulation_closings.cpp
    void spend();
    void change_closings();
    void enforce_closings();
    void reopen();
    void resume_all();
    budget::Closed closed_of(std::size_t tenant) const;
    bool is_closed(const Job& job) const;

    std::mt19937 random_;
    Rules rules_;
    std::vector<Policy> policies_;
    Room room_;
    SimulationPlane plane_;
    std::vector<SimulatedTenant> tenants_;
    std::set<int> paused_runs_;
    std::vector<Job> jobs_;
    std::map<std::size_t, HeldRoom> held_;
    std::map<std::size_t, Time> asked_for_;  // when others were last asked to give way for a job
    Time now_{std::chrono::hours{1}};
    bool has_rung_ = false;
    bool has_pressure_ = true;

    // of a round
    std::optional<RoundShare> share_;
    Sums freed_;
    std::set<std::size_t> passed_over_;
    std::set<std::size_t> given_way_;  // and those that fail
    std::vector<std::pair<std::size_t, bool>> decided_;
    bool spares_nobody_ = false;
    std::vector<std::size_t> running_;
    std::vector<RunningCandidate> candidates_;

    Tally tally_;
    std::string fault_;
};

}  // namespace ideamine::priority
