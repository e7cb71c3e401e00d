#include "replay/worker.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "replay/deliver.hpp"

namespace replay {

namespace {

using std::chrono::milliseconds;

// Jobs that end within a tick are completed in one call.
constexpr milliseconds tick{20};
constexpr milliseconds shortest_idle_pause{20};
constexpr milliseconds longest_idle_pause{160};

}  // namespace

void Worker::run() {
    while (!state_.stopped()) {
        try {
            Connection connection = connect_to(setup_.server, state_);
            live(connection);
        } catch (const ConnectionLost&) {
            if (!setup_.server.reconnect) {
                throw;
            }
            ++state_.tally.reconnects;
        } catch (const SqlError& error) {
            if (error.sqlstate() == "ID410") {
                ++state_.tally.given_up;
            } else if (!setup_.server.reconnect || !is_passing(error)) {
                throw;
            }
        }
        pause_before_retry();
    }
}

void Worker::live(Connection& connection) {
    hand_.take_all();  // of the life before: those leases are not this worker's
    WorkerCalls calls(connection, setup_.tenant_array, setup_.options.lease_s);
    next_heartbeat_ = Clock::now() + lease_part(1.0 / 3);
    next_poll_ = Clock::now();
    idle_pause_ = shortest_idle_pause;
    while (!state_.stopped()) {
        work(calls);
        if (!hand_.empty() && vanish_plan_.take(state_.tally.completed)) {
            vanish(connection);
            return;
        }
        sleep();
    }
    calls.terminate();
}

void Worker::work(WorkerCalls& calls) {
    if (Clock::now() >= next_heartbeat_) {
        heartbeat(calls);
    }
    finish_due(calls);
    if (!late_.empty() && Clock::now() >= late_at_) {
        send_late_results(calls);
    }
    if (hand_.size() < setup_.options.batch && Clock::now() >= next_poll_) {
        acquire(calls);
    }
}

void Worker::acquire(WorkerCalls& calls) {
    const std::size_t room = setup_.options.batch - hand_.size();
    const auto asked = Clock::now();
    auto jobs = calls.acquire(room);
    const auto now = Clock::now();
    if (setup_.scene != Scene::workload && jobs.size() < room) {
        ledger_.refused({setup_.server_us(asked), setup_.server_us(now)});
    }
    for (Held& job : jobs) {
        ledger_.leased(job.lease);
        if (job.task.steps > 0) {
            ledger_.given(job.lease, job.done);
            steps_.begin(calls, job);
        } else {
            job.ends = now + service_time(job.task, setup_.plan.speed);
        }
        hand_.add(std::move(job));
    }
    idle_pause_ = jobs.empty() ? std::min<Clock::duration>(idle_pause_ * 2, longest_idle_pause)
                               : Clock::duration{shortest_idle_pause};
    next_poll_ = now + idle_pause_;
}

void Worker::finish_due(WorkerCalls& calls) {
    std::vector<Held> done;
    for (Held& job : hand_.take_due(Clock::now())) {
        if (job.task.fails(job.attempt)) {
            fail(calls, job);
            continue;
        }
        switch (job.task.steps > 0 ? steps_.end(calls, job) : AfterStep::complete) {
            case AfterStep::complete:
                done.push_back(std::move(job));
                break;
            case AfterStep::go_on:
                hand_.add(std::move(job));
                break;
            case AfterStep::stop:
                break;
        }
    }
    if (!done.empty()) {
        deliver(calls, done, ledger_, state_.tally);
        next_poll_ = Clock::now();  // there is room, and perhaps dependents can run now
    }
}

void Worker::fail(WorkerCalls& calls, const Held& job) {
    const std::string error = job.task.poison ? "poison" : "simulated failure";
    const Answer answer = calls.fail(job, error + " of attempt " + std::to_string(job.attempt));
    ++(answer == Answer::ok ? state_.tally.failures : state_.tally.stale);
}

void Worker::heartbeat(WorkerCalls& calls) {
    for (const Lease& lease : calls.heartbeat(hand_.size())) {
        if (const auto job = hand_.take(lease)) {
            ++state_.tally.stops;
            if (job->task.steps > 0) {
                steps_.hand_back(calls, *job);
            }
        }
    }
    next_heartbeat_ = Clock::now() + lease_part(1.0 / 3);
}

// As a process does that was frozen past its lease and thawed. What was lost by then is refused;
// what nobody has taken back yet is accepted, and both are right.
void Worker::send_late_results(WorkerCalls& calls) {
    deliver(calls, std::exchange(late_, {}), ledger_, state_.tally);
}

void Worker::vanish(Connection& connection) {
    connection.vanish();
    ++state_.tally.vanished;
    late_ = hand_.take_all();
    std::erase_if(late_, [](const Held& job) { return job.task.fails(job.attempt); });
    late_at_ = Clock::now() + lease_part(1.5);
}

void Worker::sleep() const {
    auto until = std::min(next_heartbeat_, hand_.next_end().value_or(next_heartbeat_));
    if (hand_.size() < setup_.options.batch) {
        until = std::min(until, next_poll_);
    }
    // Not much longer than that either, so that the end of the run is noticed.
    const auto now = Clock::now();
    std::this_thread::sleep_until(std::clamp(until, now + tick, now + longest_idle_pause));
}

Clock::duration Worker::lease_part(double part) const {
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(setup_.options.lease_s * part));
}

}  // namespace replay
