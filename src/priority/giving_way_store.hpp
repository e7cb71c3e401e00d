// Who gives way to one waiting job.
#pragma once

#include <set>

#include "priority/candidates_store.hpp"
#include "priority/preempt_store.hpp"
#include "priority/round.hpp"
#include "priority/waiting_store.hpp"
#include "quota/shortages_store.hpp"

namespace ideamine::priority {

class GivingWay {
  public:
    // `passed_over`: jobs that cannot be chosen; those that turn out to be such are added.
    GivingWay(const Waiting& waiting, std::span<const Policy> policies, std::set<Uuid>& passed_over)
        : waiting_(waiting), policies_(policies), passed_over_(passed_over) {}

    Situation situation_of(const quota::Shortage& shortage) const {
        return {shortage.resource, shortage.utilization, waiting_.priority_class};
    }
    // Null: there is none by which anybody gives way for this.
    const Policy* policy_for(const quota::Shortage& shortage) const {
        return priority::policy_for(policies_, situation_of(shortage));
    }

    // Those that give way, locked, and judged by their rows: no more than are needed for what is
    // missing, what was freed apart. Not enough: all that may give way do not free it.
    struct Chosen {
        std::vector<Victim> victims;
        bool are_enough;
    };
    Chosen choose(const quota::Freed& freed);
    // Whether one that was chosen fails instead, because it has given way as often as it may.
    bool fails(const Victim& victim) const;

  private:
    void look_at(const std::vector<quota::Shortage>& shortages);
    std::vector<Running> candidates_for(const quota::Shortage& shortage) const;
    bool spares_too_much(const quota::Shortage& shortage) const;
    std::vector<Missing> missing_of(const std::vector<quota::Shortage>& shortages) const;
    std::vector<Victim> lock(const Places& places);
    Legality judge_row(const Victim& victim) const;

    const Waiting& waiting_;
    std::span<const Policy> policies_;
    std::set<Uuid>& passed_over_;
    Time now_ = pg::now();
    bool spares_nobody_ = false;
    std::vector<Running> running_;
    std::vector<RunningCandidate> candidates_;  // the same
};

}  // namespace ideamine::priority
