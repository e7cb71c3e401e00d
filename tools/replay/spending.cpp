#include "replay/spending.hpp"

#include <algorithm>
#include <numeric>

#include "replay/scenes.hpp"

namespace replay {

Nano reported(const Acknowledged& acknowledged) {
    return std::accumulate(acknowledged.paid.begin(), acknowledged.paid.end(), Nano{0},
                           [](Nano sum, const auto& paid) { return sum + paid.second; });
}

Check check_thresholds(const Spending& spending) {
    Check check("each threshold fired once, in order, when it was reached and not before");
    for (const Threshold& threshold : default_thresholds()) {
        const auto times = std::ranges::count(spending.fired, threshold.name, &Fired::threshold);
        check.expect(times == 1, threshold.name + " fired " + std::to_string(times) + " times");
    }
    std::size_t place = 0;
    for (const Fired& fired : spending.fired) {
        const auto& expected = default_thresholds();
        const auto known = std::ranges::find(expected, fired.threshold, &Threshold::name);
        if (known == expected.end()) {
            check.expect(false, fired.threshold + " is no threshold");
            continue;
        }
        const auto rank = static_cast<std::size_t>(known - expected.begin());
        check.expect(rank == place, fired.threshold + " fired in place " +
                                        std::to_string(place + 1) + " and not " +
                                        std::to_string(rank + 1));
        ++place;
        constexpr Nano percent = 100;
        check.expect(fired.spent >= fired.total / percent * known->percent,
                     fired.threshold + " fired when " + format_money(fired.spent) + " of " +
                         format_money(fired.total) + " were spent");
        check.expect(fired.action == known->action,
                     fired.threshold + " did " + fired.action + " and not " + known->action);
    }
    return check;
}

Check check_money(const Evidence& evidence, const Spending& spending) {
    Check check(
        "what is spent is what workers reported, to the nano-dollar, and each job paid all");
    const Nano sum = reported(evidence.acknowledged);
    check.expect(spending.spent == sum, "the budget counts " + format_money(spending.spent) +
                                            ", and workers reported " + format_money(sum));
    check.expect(spending.events == sum, "cost_events are " + format_money(spending.events) +
                                             ", and workers reported " + format_money(sum));
    const Nano owed = std::accumulate(
        evidence.workload.jobs.begin(), evidence.workload.jobs.end(), Nano{0},
        [](Nano total, const Job& job) { return total + job.steps * job.step_cost; });
    check.expect(sum == owed, "all steps cost " + format_money(owed) + ", and workers reported " +
                                  format_money(sum));
    return check;
}

Check check_not_overspent(const Spending& spending) {
    Check check("the budget was never overspent");
    check.expect(spending.most_spent_of_first <= spending.first_total,
                 format_money(spending.most_spent_of_first) + " of " +
                     format_money(spending.first_total) + " were spent before it was raised");
    const Nano total = std::max(spending.first_total, spending.raised_total);
    check.expect(spending.spent <= total, format_money(spending.spent) + " of " +
                                              format_money(total) + " were spent in the end");
    for (const Fired& fired : spending.fired) {
        check.expect(fired.spent <= fired.total, format_money(fired.spent) + " of " +
                                                     format_money(fired.total) + " were spent at " +
                                                     fired.threshold);
    }
    return check;
}

Check check_all_back(const Evidence& evidence, const Spending& spending) {
    Check check("everything stood still but P0, and came back when the budget was raised");
    check.expect(spending.paused_us.has_value(), "it never stood still");
    check.expect(spending.raised_us.has_value(), "the budget was not raised");
    check.expect(spending.resumed_us.has_value(), "not all were resumed");
    for (const JobFact& fact : evidence.facts) {
        check.expect(fact.completed(), "job " + fact.id + " is left, " + fact.status);
    }
    return check;
}

}  // namespace replay
