#include "replay/crew.hpp"

#include <exception>
#include <utility>

#include "replay/sweeper.hpp"
#include "replay/worker.hpp"

namespace replay {

Crew::Crew(const Setup& setup, Ledger& ledger, VanishPlan& vanish_plan, RunState& state)
    : state_(state) {
    if (setup.sweep) {
        start([&setup, &state] { sweep(setup, state); });
    }
    for (std::size_t number = 0; number < setup.options.workers; ++number) {
        start([&] { Worker(setup, ledger, vanish_plan, state).run(); });
    }
}

Crew::~Crew() {
    state_.stop();
    threads_.clear();
}

void Crew::start(std::function<void()> duty) {
    threads_.emplace_back([this, duty = std::move(duty)] {
        try {
            duty();
        } catch (const Unreachable&) {
            // A server that goes away when all is done is no failure of the run.
            if (!state_.stopped()) {
                state_.fail(std::current_exception());
            }
        } catch (...) {
            state_.fail(std::current_exception());
        }
    });
}

}  // namespace replay
