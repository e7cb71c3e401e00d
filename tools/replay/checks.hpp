// The single questions that the verdict asks. Each compares what had to happen (the workload) with
// what did (the tables), or what the server acknowledged with what it kept.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "replay/facts.hpp"
#include "replay/ledger.hpp"
#include "replay/outcome.hpp"
#include "replay/workload.hpp"

namespace replay {

struct Evidence {
    const Workload& workload;
    const Facts& facts;
    const Acknowledged& acknowledged;
    const GraphOutcomes& graphs;
    bool in_waves = false;
};

class Check {
  public:
    explicit Check(std::string question) : question_(std::move(question)) {}

    // Counts one thing looked at; keeps the first few faults as examples.
    void expect(bool good, const std::string& fault_if_not);

    const std::string& question() const { return question_; }
    std::size_t looked_at() const { return looked_at_; }
    std::size_t faults() const { return faults_; }
    const std::vector<std::string>& examples() const { return examples_; }
    bool good() const { return faults_ == 0; }

  private:
    std::string question_;
    std::size_t looked_at_ = 0;
    std::size_t faults_ = 0;
    std::vector<std::string> examples_;
};

Check check_created(const Evidence& evidence);
Check check_ended(const Evidence& evidence);
Check check_fates(const Evidence& evidence);
Check check_once(const Evidence& evidence);
Check check_acknowledged(const Evidence& evidence);
Check check_order(const Evidence& evidence);
Check check_leases(const Evidence& evidence);
Check check_results(const Evidence& evidence);
Check check_graphs(const Evidence& evidence);

}  // namespace replay
