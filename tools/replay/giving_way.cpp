#include "replay/giving_way.hpp"

#include <algorithm>
#include <map>

#include "replay/summary.hpp"

namespace replay {

namespace {

constexpr double micros_per_second = 1e6;

std::string name_of(const Preemption& preemption) {
    return "job " + preemption.lease.job_id + " of " + preemption.priority_class;
}

std::map<std::string, const JobFact*> by_id(const Facts& facts) {
    std::map<std::string, const JobFact*> found;
    for (const JobFact& fact : facts) {
        found[fact.id] = &fact;
    }
    return found;
}

std::string class_of(int priority_class) {
    return "P" + std::to_string(priority_class);
}

// When a worker first asked for work, and did not get this job though it was due; none if the
// first who asked got it.
std::optional<std::int64_t> first_refusal(const JobFact& fact, const Job& job, const Plan& plan,
                                          const std::vector<Refusal>& refusals) {
    const std::int64_t due = std::max(fact.created_us, plan.due_us(job));
    const std::int64_t start = fact.attempts.front().started_us;
    std::optional<std::int64_t> first;
    for (const Refusal& refusal : refusals) {
        if (refusal.asked_us >= due && refusal.answered_us < start) {
            first = std::min(first.value_or(refusal.answered_us), refusal.answered_us);
        }
    }
    return first;
}

void add_waits(ClassRow& row, int priority_class, const Evidence& evidence, const Plan& plan) {
    std::vector<double> waits;
    for (const JobFact& fact : evidence.facts) {
        const Job& job = evidence.workload.jobs.at(fact.task.index);
        if (job.priority_class != priority_class || fact.attempts.empty()) {
            continue;
        }
        if (const auto first = first_refusal(fact, job, plan, evidence.acknowledged.refusals)) {
            waits.push_back(static_cast<double>(fact.attempts.front().started_us - *first) /
                            micros_per_second);
        }
    }
    row.refused = waits.size();
    row.refused_p50_s = percentile(waits, 50);
    row.refused_most_s = percentile(waits, 100);
}

void add_preemptions(ClassRow& row, const Evidence& evidence,
                     const std::vector<Preemption>& preemptions) {
    const auto facts = by_id(evidence.facts);
    std::map<std::string, std::size_t> times;
    for (const Preemption& preemption : preemptions) {
        if (preemption.priority_class != row.priority_class) {
            continue;
        }
        row.most = std::max(row.most, ++times[preemption.lease.job_id]);
        ++row.times;
        row.came_back += preemption.resumed_us ? 1 : 0;
        const auto found = facts.find(preemption.beneficiary.value_or(""));
        if (found != facts.end()) {
            const int for_class =
                evidence.workload.jobs.at(found->second->task.index).priority_class;
            row.for_p0 += for_class == 0 ? 1 : 0;
            row.for_p1 += for_class == 1 ? 1 : 0;
        }
    }
    row.gave_way = times.size();
}

bool ran_since(const JobFact& fact, std::int64_t time_us) {
    return std::ranges::any_of(fact.attempts, [time_us](const Attempt& attempt) {
        return attempt.started_us >= time_us && attempt.outcome != "lost";
    });
}

// What is wrong with the beneficiary; empty if nothing is.
std::string fault_of(const Preemption& preemption, const Evidence& evidence,
                     const std::map<std::string, const JobFact*>& facts) {
    if (!preemption.beneficiary) {
        return " gave way for nobody";
    }
    const auto found = facts.find(*preemption.beneficiary);
    if (found == facts.end()) {
        return " gave way for a job that is not of this scene";
    }
    const Job& job = evidence.workload.jobs.at(found->second->task.index);
    if (class_of(job.priority_class) >= preemption.priority_class) {
        return " gave way for one of " + class_of(job.priority_class);
    }
    return ran_since(*found->second, preemption.asked_us)
               ? ""
               : " gave way for job " + found->second->id + ", which did not run";
}

// How far the job was by all that its workers know to be saved, before that lease.
int saved_before(const Lease& lease, const std::map<Lease, int>& saved) {
    int most = 0;
    for (auto at = saved.lower_bound({lease.job_id, 0}); at != saved.end() && at->first < lease;
         ++at) {
        most = std::max(most, at->second);
    }
    return most;
}

}  // namespace

std::vector<ClassRow> summarize_giving_way(const Evidence& evidence,
                                           const std::vector<Preemption>& preemptions,
                                           const Plan& plan) {
    std::vector<ClassRow> rows;
    for (int priority_class = 0; priority_class <= 3; ++priority_class) {
        ClassRow row;
        row.priority_class = class_of(priority_class);
        row.jobs = static_cast<std::size_t>(
            std::ranges::count(evidence.workload.jobs, priority_class, &Job::priority_class));
        add_preemptions(row, evidence, preemptions);
        add_waits(row, priority_class, evidence, plan);
        rows.push_back(std::move(row));
    }
    return rows;
}

Check check_p0_stays(const Evidence& evidence, const std::vector<Preemption>& preemptions) {
    Check check("no P0 job gave way");
    for (const JobFact& fact : evidence.facts) {
        const bool stays =
            evidence.workload.jobs.at(fact.task.index).priority_class != 0 ||
            std::ranges::count(fact.attempts, std::string("preempted"), &Attempt::outcome) == 0;
        check.expect(stays, "job " + fact.id + " of P0 was preempted");
    }
    for (const Preemption& preemption : preemptions) {
        check.expect(preemption.priority_class != "P0", name_of(preemption) + " gave way");
    }
    return check;
}

Check check_somebody_gave_way(const std::vector<Preemption>& preemptions) {
    Check check("jobs gave way");
    check.expect(!preemptions.empty(), "none did");
    return check;
}

Check check_capacity(const std::vector<Usage>& looks) {
    Check check("running jobs never held more than there is");
    check.expect(!looks.empty(), "nobody looked");
    for (const Usage& look : looks) {
        check.expect(look.used <= look.capacity, std::to_string(look.used) + ' ' + look.resource +
                                                     " of " + std::to_string(look.capacity) +
                                                     " in use, by " + look.source);
    }
    return check;
}

Check check_beneficiaries(const Evidence& evidence, const std::vector<Preemption>& preemptions) {
    Check check("whoever gave way did so for a job of a higher class, which then ran");
    const auto facts = by_id(evidence.facts);
    for (const Preemption& preemption : preemptions) {
        const std::string fault = fault_of(preemption, evidence, facts);
        check.expect(fault.empty(), name_of(preemption) + fault);
    }
    return check;
}

Check check_came_back(const Evidence& evidence, const std::vector<Preemption>& preemptions) {
    Check check("whoever gave way came back with its last checkpoint, and completed once");
    const auto facts = by_id(evidence.facts);
    for (const Preemption& preemption : preemptions) {
        const auto found = facts.find(preemption.lease.job_id);
        // Asked to stop, it may have been quicker.
        const bool back = !preemption.preempted_us || preemption.resumed_us;
        const bool once = found != facts.end() && found->second->completed() &&
                          std::ranges::count(found->second->attempts, std::string("completed"),
                                             &Attempt::outcome) == 1;
        check.expect(back, name_of(preemption) + " did not come back");
        check.expect(once, name_of(preemption) + " was not completed exactly once");
    }
    for (const auto& [lease, given] : evidence.acknowledged.given) {
        const int saved = saved_before(lease, evidence.acknowledged.saved);
        check.expect(given == saved, "job " + lease.job_id + " was handed out with " +
                                         std::to_string(given) + " steps done, and " +
                                         std::to_string(saved) + " were saved");
    }
    return check;
}

}  // namespace replay
