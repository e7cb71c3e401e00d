#include "replay/run_state.hpp"

namespace replay {

void RunState::fail(const std::exception_ptr& error) {
    {
        const std::lock_guard lock(mutex_);
        if (!error_) {
            error_ = error;
        }
    }
    stop();
}

void RunState::rethrow() const {
    const std::lock_guard lock(mutex_);
    if (error_) {
        std::rethrow_exception(error_);
    }
}

}  // namespace replay
