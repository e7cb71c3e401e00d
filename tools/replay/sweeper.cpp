#include "replay/sweeper.hpp"

#include <thread>

namespace replay {

namespace {

void sweep_once(Connection& connection) {
    connection.run("SELECT FROM ideamine.expire_leases()");
    connection.run("SELECT FROM ideamine.mark_stale_workers()");
    connection.run("SELECT ideamine.promote_scheduled_jobs()");
}

void sleep_a_second(const RunState& state) {
    for (int part = 0; part < 10 && !state.stopped(); ++part) {
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
}

}  // namespace

void sweep(const Setup& setup, RunState& state) {
    Session session(setup.server, state);
    while (!state.stopped()) {
        session.retry(&sweep_once);
        sleep_a_second(state);
    }
}

}  // namespace replay
