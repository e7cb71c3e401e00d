// What the program replay decides without a server: see tools/replay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "replay/batches.hpp"
#include "replay/generate.hpp"
#include "replay/options.hpp"
#include "replay/report.hpp"
#include "replay/table.hpp"
#include "replay/text.hpp"
#include "replay/trace.hpp"
#include "replay/vanish.hpp"
#include "replay/verdict.hpp"

namespace replay {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr DealOptions deal{.tenants = 3, .seed = 7, .fail_percent = 10, .poison_percent = 2};

// A job, its child, and a poison job with a child: 0 ← 1, 2 ← 3.
Workload small_workload() {
    Workload workload{{"tenant-1"}, std::vector<Job>(4)};
    workload.jobs[1].parents = {0};
    workload.jobs[2].poison = true;
    workload.jobs[3].parents = {2};
    return workload;
}

Plan small_plan() {
    return {"label", 0, 1};
}

JobFact fact(std::size_t index, const std::string& status, std::vector<Attempt> attempts) {
    JobFact fact;
    fact.id = "id-" + std::to_string(index);
    fact.tenant = "tenant-1";
    fact.status = status;
    fact.finished_us = attempts.empty() ? 1 : attempts.back().ended_us;
    fact.task.index = index;
    fact.dead_letter = status == "failed";
    if (fact.completed()) {
        fact.result = make_result(fact.task).dump();
    }
    fact.attempts = std::move(attempts);
    return fact;
}

// A run of the small workload in which all went well. Each test spoils one thing.
class ReplayVerdict : public testing::Test {
  protected:
    ReplayVerdict() {
        acknowledged_.ids = {"id-0", "id-1", "id-2", "id-3"};
        acknowledged_.completed = {{"id-0", 2}, {"id-1", 1}};
        acknowledged_.leased = {{"id-0", 1}, {"id-0", 2}, {"id-1", 1}, {"id-2", 1}};
    }

    // The questions whose answer is bad.
    std::vector<std::string> bad() const {
        std::vector<std::string> questions;
        for (const Check& check : judge({workload_, facts_, acknowledged_, graphs_}).checks) {
            if (!check.good()) {
                questions.push_back(check.question());
            }
        }
        return questions;
    }

    GraphOutcomes graphs_;
    Workload workload_ = small_workload();
    Facts facts_{fact(0, "completed", {{1, "lost", 10, 20}, {2, "completed", 30, 40}}),
                 fact(1, "completed", {{1, "completed", 40, 50}}),
                 fact(2, "failed", {{1, "failed", 10, 20}}), fact(3, "cancelled", {})};
    Acknowledged acknowledged_;
};

TEST_F(ReplayVerdict, is_good_if_all_went_well) {
    EXPECT_THAT(bad(), ElementsAre());
}

TEST_F(ReplayVerdict, sees_a_job_that_is_missing_or_twice_or_another) {
    facts_.push_back(fact(3, "cancelled", {}));
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("exists once")));
    facts_.resize(3);
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("exists once")));
    facts_.push_back(fact(3, "cancelled", {}));
    facts_[3].id = "not the acknowledged one";
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("exists once")));
}

TEST_F(ReplayVerdict, sees_a_job_that_has_not_ended) {
    facts_[3].status = "blocked";
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("has ended"), HasSubstr("had to be")));
}

TEST_F(ReplayVerdict, sees_a_fate_that_was_not_expected) {
    facts_[2].dead_letter = false;
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("had to be")));
    facts_[2].dead_letter = true;
    workload_.jobs[2].poison = false;
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("had to be")));
}

TEST_F(ReplayVerdict, sees_a_second_completion) {
    facts_[1].attempts.push_back({2, "completed", 60, 70});
    acknowledged_.completed.insert({"id-1", 2});
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("exactly one completed attempt")));
}

TEST_F(ReplayVerdict, sees_an_acknowledged_completion_that_was_lost) {
    acknowledged_.completed.insert({"id-1", 9});
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("acknowledged")));
}

TEST_F(ReplayVerdict, accepts_an_unacknowledged_completion_only_if_its_answer_was_lost) {
    acknowledged_.completed.erase({"id-1", 1});
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("acknowledged")));
    acknowledged_.unknown.insert({"id-1", 1});
    EXPECT_THAT(bad(), ElementsAre());
}

TEST_F(ReplayVerdict, sees_an_attempt_before_its_dependency_was_completed) {
    facts_[1].attempts[0].started_us = 39;
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("depends on")));
}

TEST_F(ReplayVerdict, sees_two_workers_with_the_same_job) {
    acknowledged_.leased_twice.insert({"id-0", 2});
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("handed out twice")));
    acknowledged_.leased_twice.clear();
    facts_[0].attempts[0].ended_us = 31;
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("handed out twice")));
}

TEST_F(ReplayVerdict, sees_the_result_of_another_job) {
    facts_[0].result = facts_[1].result;
    EXPECT_THAT(bad(), ElementsAre(HasSubstr("own work")));
}

TEST_F(ReplayVerdict, is_part_of_the_report) {
    facts_[0].task.context_tokens = 5;
    facts_[0].result = make_result(facts_[0].task).dump();
    const Tally tally;
    const auto summary = summarize(workload_, small_plan(), facts_);
    const Report report{"label", summary, judge({workload_, facts_, acknowledged_, graphs_}),
                        tally,   0,       {}};
    EXPECT_THAT(to_text(report), HasSubstr("verdict: good"));
    EXPECT_EQ(to_json(report)["rows"], 2);
    EXPECT_EQ(to_json(report)["context_tokens"], 5);
}

TEST(ReplaySummary, counts_attempts_and_waits) {
    const Workload workload = small_workload();
    const Facts facts{
        fact(0, "completed",
             {{1, "lost", 2'000'000, 3'000'000}, {2, "completed", 3'000'000, 4'000'000}}),
        fact(1, "completed", {{1, "completed", 4'500'000, 5'000'000}})};
    const Summary summary = summarize(workload, small_plan(), facts);
    EXPECT_EQ(summary.total.retried + summary.total.lost, 2U);
    EXPECT_DOUBLE_EQ(summary.total.wait_p50_s, 0.5);  // the child, since its parent was completed
    EXPECT_DOUBLE_EQ(summary.total.wait_p99_s, 2);
    EXPECT_DOUBLE_EQ(summary.total.completed_per_s, 0.4);
}

TEST(ReplaySummary, takes_percentiles_by_nearest_rank) {
    EXPECT_EQ(percentile({}, 50), 0);
    EXPECT_EQ(percentile({3, 1, 2, 4}, 50), 2);
    EXPECT_EQ(percentile({3, 1, 2, 4}, 99), 4);
}

TEST(ReplayWorkload, is_the_same_for_the_same_seed_only) {
    DealOptions other = deal;
    other.seed = 8;
    const auto jobs = generate(500, deal).jobs;
    EXPECT_TRUE(jobs == generate(500, deal).jobs);
    EXPECT_FALSE(jobs == generate(500, other).jobs);
}

TEST(ReplayWorkload, has_what_was_asked_for) {
    const Workload workload = generate(500, deal);
    ASSERT_EQ(workload.jobs.size(), 500U);
    EXPECT_EQ(std::ranges::count(workload.jobs, true, &Job::poison), 10);
    EXPECT_EQ(std::ranges::count_if(workload.jobs, [](auto& job) { return job.fail_first > 0; }),
              50);
    std::vector<std::size_t> classes(4);
    for (std::size_t index = 0; index < workload.jobs.size(); ++index) {
        ++classes.at(static_cast<std::size_t>(workload.jobs[index].priority_class));
        for (const std::size_t parent : workload.jobs[index].parents) {
            EXPECT_LT(parent, index);
            EXPECT_EQ(workload.jobs[parent].tenant, workload.jobs[index].tenant);
        }
    }
    EXPECT_THAT(classes, testing::Each(testing::Gt(0U)));
}

TEST(ReplayWorkload, follows_a_trace) {
    const Workload workload = from_trace({{Micros{0}, 10, 1}, {Micros{51'999}, 20, 2}}, deal);
    EXPECT_EQ(workload.jobs.at(1).arrival, Micros{51'999});
    EXPECT_EQ(workload.jobs[1].context_tokens, 20);
    EXPECT_EQ(make_payload(workload.jobs[1], 1, "label", 0)["offset_ms"], 51.999);
}

TEST(ReplayWorkload, knows_what_must_die) {
    EXPECT_THAT(expected_fates(small_workload()),
                ElementsAre(Fate::completed, Fate::completed, Fate::dead, Fate::cancelled));
}

TEST(ReplayTask, fails_as_its_payload_says) {
    Job job;
    job.fail_first = 2;
    const Task task = parse_payload(make_payload(job, 4, "label", 0).dump());
    EXPECT_TRUE(task.index == 4 && task.fails(2) && !task.fails(3));
}

TEST(ReplayBatches, put_every_job_after_its_parents) {
    const Workload workload = generate(500, deal);
    std::vector<std::string> ids(workload.jobs.size());
    std::size_t jobs = 0;
    std::size_t edges = 0;
    for (const Batch& batch : make_batches(workload, 20)) {
        // An id that is not known yet would be an empty string among the dependencies.
        for (const json& entry : batch_argument(workload, batch, small_plan(), ids)) {
            const json names = entry.value("depends_on", json::array());
            edges += names.size();
            EXPECT_EQ(std::ranges::count(names, json("")), 0);
        }
        for (const std::size_t index : batch.jobs) {
            ids[index] = "id-" + std::to_string(index);
            EXPECT_EQ(workload.jobs[index].tenant, batch.tenant);
            ++jobs;
        }
    }
    EXPECT_EQ(jobs, workload.jobs.size());
    EXPECT_GT(edges, 0U);
}

TEST(ReplayHand, gives_out_what_is_due) {
    const Clock::time_point start{};
    Hand hand;
    hand.add({{"a", 1}, "t", 1, {}, start + std::chrono::seconds{2}});
    hand.add({{"b", 1}, "t", 1, {}, start + std::chrono::seconds{1}});
    EXPECT_EQ(hand.next_end(), start + std::chrono::seconds{1});
    ASSERT_EQ(hand.take_due(start + std::chrono::seconds{1}).size(), 1U);
    EXPECT_FALSE(hand.take({"b", 1}));
    EXPECT_TRUE(hand.take({"a", 1}));
    EXPECT_EQ(hand.next_end(), std::nullopt);
}

TEST(ReplayVanishPlan, spreads_its_times_over_the_run) {
    VanishPlan plan(2, 30);
    EXPECT_THAT((std::vector{plan.take(9), plan.take(10), plan.take(19), plan.take(30)}),
                ElementsAre(false, true, false, true));
    EXPECT_FALSE(plan.take(30));
}

TEST(ReplayLedger, writes_what_was_acknowledged_to_its_log) {
    const std::string path = testing::TempDir() + "replay_ack_log";
    Ledger ledger(2, std::make_unique<AckLog>(path));
    ledger.created({1}, {"id-1"});
    ledger.completed({{"id-1", 7}});
    ledger.leased({"id-1", 7});
    ledger.leased({"id-1", 7});
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    EXPECT_EQ(text.str(), "created 1 id-1\ncompleted id-1 7\n");
    EXPECT_EQ(ledger.snapshot().leased_twice.size(), 1U);
}

TEST(ReplayText, formats_times_and_numbers) {
    EXPECT_EQ(format_timestamp(1'700'158'623'979'960), "2023-11-16T18:17:03.979960Z");
    EXPECT_EQ(format_count(18'059'974), "18,059,974");
    EXPECT_EQ(format_count(999), "999");
    EXPECT_EQ(format_count(-1'000), "-1,000");
    EXPECT_EQ(render_table({"a", "n"}, {{"xyz", "1"}, {"b", "22"}}, 1),
              "a     n\n---  --\nxyz   1\nb    22\n");
}

TEST(ReplayOptions, are_read_and_checked) {
    const Options options =
        parse_options({"--jobs", "10", "x.csv", "--speed", "2.5", "--no-sweep", "--reconnect"});
    EXPECT_EQ(options.jobs, 10U);
    EXPECT_EQ(options.input, "x.csv");
    EXPECT_EQ(options.speed_or_default(), 2.5);
    EXPECT_EQ(options.sweep, Sweep::none);
    EXPECT_TRUE(options.reconnect);
    const std::vector<std::vector<std::string>> bad{
        {"--jobs"}, {"--jobs", "0"},    {"--jobs", "-1"},   {"--jobs", "1x"},   {"--speed", "nan"},
        {"--lost"}, {"--lease", "0.5"}, {"a.csv", "b.csv"}, {"--label", "a b"}, {"-h"}};
    for (const auto& arguments : bad) {
        EXPECT_THROW(parse_options(arguments), UsageError) << arguments.front();
    }
    EXPECT_THAT(help_text(), HasSubstr("--ack-log FILE"));
}

}  // namespace
}  // namespace replay
