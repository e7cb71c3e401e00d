#include "jobs/turns.hpp"

#include <algorithm>

namespace ideamine::jobs {

std::int32_t jobs_per_turn(std::int32_t wanted, std::int32_t tenants) {
    return std::max(wanted / std::max(tenants, 1), 1);
}

}  // namespace ideamine::jobs
