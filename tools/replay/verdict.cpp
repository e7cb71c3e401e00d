#include "replay/verdict.hpp"

#include <algorithm>
#include <utility>

namespace replay {

bool Verdict::good() const {
    return std::ranges::all_of(checks, &Check::good);
}

Verdict judge(const Evidence& evidence) {
    Verdict verdict{{check_created(evidence), check_ended(evidence), check_fates(evidence),
                     check_once(evidence), check_acknowledged(evidence), check_order(evidence),
                     check_leases(evidence), check_results(evidence)}};
    if (!evidence.graphs.empty()) {
        verdict.checks.push_back(check_graphs(evidence));
    }
    return verdict;
}

Verdict judge_scene(const Evidence& evidence, const SceneFacts& facts) {
    Verdict verdict = judge(evidence);
    const auto add = [&verdict](Check check) { verdict.checks.push_back(std::move(check)); };
    if (facts.scene == Scene::workload) {
        return verdict;
    }
    add(check_somebody_gave_way(facts.preemptions));
    add(check_p0_stays(evidence, facts.preemptions));
    add(check_came_back(evidence, facts.preemptions));
    if (facts.scene == Scene::pressure) {
        add(check_beneficiaries(evidence, facts.preemptions));
        add(check_capacity(facts.looks));
    } else {
        add(check_thresholds(facts.spending));
        add(check_money(evidence, facts.spending));
        add(check_not_overspent(facts.spending));
        add(check_all_back(evidence, facts.spending));
    }
    return verdict;
}

}  // namespace replay
