// What a budget did in a scene: its thresholds, what they stopped, and what came back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "replay/checks.hpp"
#include "replay/money.hpp"

namespace replay {

// A row of budget_events. Times are microseconds since 1970.
struct Fired {
    std::string threshold;
    std::string action;
    std::int64_t at_us = 0;
    Nano total = 0;
    Nano spent = 0;
    std::size_t stopped = 0;  // running jobs that gave way for it
    std::string classes;      // of which these are
};

// How the jobs of the run stood, by status.
using Standing = std::map<std::string, std::size_t>;

struct Spending {
    std::vector<Fired> fired;  // in the order in which they did
    Nano first_total = 0;
    Nano raised_total = 0;                  // 0: it was not raised
    std::optional<std::int64_t> paused_us;  // everything but P0 stood still then
    Standing paused;                        // and so the jobs did
    Nano spent_when_raised = 0;
    std::optional<std::int64_t> raised_us;
    std::optional<std::int64_t> resumed_us;  // none was preempted or paused any more
    Nano most_spent_of_first = 0;            // at any look before it was raised
    Nano spent = 0;                          // in the end, as the budget counts
    Nano events = 0;                         // in the end, the sum of cost_events
};

Check check_thresholds(const Spending& spending);
Check check_money(const Evidence& evidence, const Spending& spending);
Check check_not_overspent(const Spending& spending);
Check check_all_back(const Evidence& evidence, const Spending& spending);

// What the workers reported, each call once.
Nano reported(const Acknowledged& acknowledged);

}  // namespace replay
