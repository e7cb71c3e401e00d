// A workload from a record of requests: each row one job, arriving when its request did.
#pragma once

#include <vector>

#include "replay/deal.hpp"
#include "replay/workload.hpp"

namespace replay {

struct Request {
    Micros arrival{};  // after the earliest request
    std::int64_t context_tokens = 0;
    std::int64_t generated_tokens = 0;
};

Workload from_trace(const std::vector<Request>& requests, const DealOptions& options);

}  // namespace replay
