#include "replay/steps.hpp"

#include <chrono>

namespace replay {

void Steps::begin(WorkerCalls& calls, Held& job) {
    constexpr std::chrono::milliseconds pause_without_money{100};
    job.ends = Clock::now() + service_time(job.task, plan_.speed) / job.task.steps;
    if (job.task.step_cost == 0) {
        return;
    }
    if (const auto reservation = calls.reserve(job, plan_.run)) {
        job.reservation = *reservation;
    } else {
        ++tally_.unpaid;
        job.ends = Clock::now() + pause_without_money;
    }
}

AfterStep Steps::end(WorkerCalls& calls, Held& job) {
    if (job.task.step_cost > 0) {
        if (job.reservation.empty()) {
            begin(calls, job);
            return AfterStep::go_on;
        }
        pay(calls, job);
    }
    ++job.done;
    if (job.done >= job.task.steps) {
        return AfterStep::complete;
    }
    if (calls.save_checkpoint(job) == Answer::stale) {
        ++tally_.stale;
        return AfterStep::stop;
    }
    ledger_.saved(job.lease, job.done);
    begin(calls, job);
    return AfterStep::go_on;
}

void Steps::hand_back(WorkerCalls& calls, const Held& job) {
    if (!job.reservation.empty()) {
        calls.release_money(job);
    }
    if (calls.release(job) == Answer::ok) {
        ledger_.saved(job.lease, job.done);
        ++tally_.handed_back;
    }
}

// The key names the step and not the attempt: who repeats a step after an unsaved one pays once.
void Steps::pay(WorkerCalls& calls, Held& job) {
    const std::string key =
        plan_.label + '/' + std::to_string(job.task.index) + '/' + std::to_string(job.done + 1);
    if (!calls.pay(job, plan_.run, key)) {
        ++tally_.paid_again;
    }
    ledger_.paid(key, job.task.step_cost);
    job.reservation.clear();
}

}  // namespace replay
