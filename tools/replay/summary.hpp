// The figures of a run, from what came back from the database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "replay/batches.hpp"
#include "replay/facts.hpp"
#include "replay/workload.hpp"

namespace replay {

struct Row {
    std::string tenant;
    std::string priority_class;
    std::size_t created = 0;
    std::size_t completed = 0;
    std::size_t retried = 0;  // attempts after a job's first
    std::size_t lost = 0;     // attempts whose worker fell silent
    std::size_t dead = 0;
    std::size_t cancelled = 0;
    // From when a job could have run (created, due, and its parents completed) to its first
    // attempt.
    double wait_p50_s = 0;
    double wait_p99_s = 0;
    double completed_per_s = 0;  // over the length of the whole run
};

// Of completed jobs, from the payloads that the database gave back.
struct Sums {
    std::size_t rows = 0;
    std::int64_t context_tokens = 0;
    std::int64_t generated_tokens = 0;
};

struct Summary {
    std::vector<Row> rows;  // per tenant and class that has jobs, in that order
    Row total;
    Sums sums;
    double elapsed_s = 0;  // from the first creation to the last end
};

Summary summarize(const Workload& workload, const Plan& plan, const Facts& facts);

// The smallest value that at least `percent` percent of the values do not exceed (nearest rank);
// 0 without values.
double percentile(std::vector<double> values, double percent);

}  // namespace replay
