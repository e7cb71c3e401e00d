#include "replay/vanish.hpp"

namespace replay {

bool VanishPlan::take(std::size_t completed) {
    std::size_t next = next_.load();
    if (next >= times_ || completed * (times_ + 1) < jobs_ * (next + 1)) {
        return false;
    }
    return next_.compare_exchange_strong(next, next + 1);
}

}  // namespace replay
