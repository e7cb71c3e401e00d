// What the program replay makes of task graphs and of JSON files: see tools/replay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replay/batches.hpp"
#include "replay/checks.hpp"
#include "replay/cycle.hpp"
#include "replay/depth.hpp"
#include "replay/graph_row.hpp"
#include "replay/json_input.hpp"

namespace replay {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr DealOptions deal{.tenants = 3, .seed = 7};

// a ← b ← d and a ← c ← d; x and y wait for each other, and z waits for them.
const InputGraph diamond{"diamond", {{"a", {}}, {"b", {0}}, {"c", {0}}, {"d", {1, 2}}}};
const InputGraph cyclic{"cyclic", {{"x", {1}}, {"y", {0}}, {"z", {1}}}};

Workload two_graphs() {
    return from_graphs({diamond, cyclic}, deal);
}

std::string error_of(const std::string& text) {
    try {
        parse_json_input(text, "file");
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "accepted";
}

// ---- files ----

TEST(ReplayJson, reads_a_workflow_a_line) {
    const auto input =
        parse_json_input(R"({"file": "f", "name": "n", "tasks": [)"
                         R"({"id": "1", "name": "one", "parents": ["2"], "runtime": 1.5},)"
                         R"({"id": "2", "parents": []}]})"
                         "\n\n"
                         R"({"name": "second", "tasks": []})",
                         "file");
    EXPECT_THAT(input.requests, IsEmpty());
    EXPECT_THAT(input.graphs,
                ElementsAre(InputGraph{"f", {{"one", {1}, milliseconds{1500}}, {"2", {}}}},
                            InputGraph{"second", {}}));
}

TEST(ReplayJson, reads_a_request_a_line_and_counts_from_the_earliest) {
    const auto input = parse_json_input(
        R"({"timestamp": 1500, "input_length": 7, "output_length": 3, "hash_ids": [1]})"
        "\r\n"
        R"({"timestamp": 1000, "input_length": 8, "output_length": 0})"
        "\n",
        "file");
    ASSERT_THAT(input.requests, SizeIs(2));
    EXPECT_EQ(input.requests[0].arrival, milliseconds{500});
    EXPECT_EQ(input.requests[0].context_tokens, 7);
    EXPECT_EQ(input.requests[0].generated_tokens, 3);
    EXPECT_EQ(input.requests[1].arrival, milliseconds{0});
}

TEST(ReplayJson, reads_one_graph_over_many_lines) {
    const auto input = parse_json_input("{\"nodes\": [\"a\", \"b\"],\n\"edges\": [[\"b\", \"a\"]]}",
                                        "folder/graph.json");
    EXPECT_THAT(input.graphs,
                ElementsAre(InputGraph{"folder/graph.json", {{"a", {}}, {"b", {0}}}}));
}

TEST(ReplayJson, says_which_line_is_wrong_and_how) {
    const std::string good = R"({"name": "n", "tasks": []})";
    const auto task = [](const std::string& rest) {
        return R"({"tasks": [{"id": "1", "parents": [], )" + rest + "}]}";
    };
    EXPECT_THAT(error_of(good + "\n{\"tasks\": 1}"), HasSubstr("line 2: tasks has to be an array"));
    EXPECT_THAT(error_of(good + "\n{\"tasks\""), HasSubstr("line 2: "));
    EXPECT_THAT(error_of(good + "\n[]"), HasSubstr("line 2: neither a request"));
    EXPECT_THAT(error_of(good + R"(
        {"timestamp": 1, "input_length": 1, "output_length": 1})"),
                HasSubstr("line 2: neither a request"));
    EXPECT_THAT(error_of(task(R"("runtime": -1)")), HasSubstr("runtime has to be a number"));
    EXPECT_THAT(error_of(task(R"("runtime": 1e400)")), HasSubstr("line 1: "));
    EXPECT_THAT(error_of(task(R"("runtime": "1")")), HasSubstr("runtime has to be a number"));
    EXPECT_THAT(error_of(task(R"("name": 5)")), HasSubstr("name of a task has to be a string"));
    EXPECT_THAT(error_of(R"({"tasks": [{"id": 1, "parents": []}]})"), HasSubstr("id of a task"));
    EXPECT_THAT(error_of(R"({"tasks": [5]})"), HasSubstr("id of a task"));
    EXPECT_THAT(error_of(R"({"tasks": [{"id": "1"}]})"), HasSubstr("parents has to be an array"));
    EXPECT_THAT(error_of(R"({"tasks": [{"id": "1", "parents": ["2"]}]})"),
                HasSubstr("\"2\" is waited for, and is not there"));
    EXPECT_THAT(error_of(R"({"tasks": [{"id": "1", "parents": []}, {"id": "1", "parents": []}]})"),
                HasSubstr("\"1\" is there twice"));
    EXPECT_THAT(error_of(R"({"nodes": ["a"], "edges": [["a", "b"]]})"), HasSubstr("not there"));
    EXPECT_THAT(error_of(R"({"nodes": ["a"], "edges": [["a"]]})"), HasSubstr("two names"));
    EXPECT_THAT(error_of(R"({"nodes": ["a", "b"], "edges": [["a", "b"], ["a", "b"]]})"),
                HasSubstr("twice"));
    EXPECT_THAT(error_of(R"({"timestamp": 1, "input_length": -1, "output_length": 1})"),
                HasSubstr("input_length has to be a number"));
    EXPECT_THAT(error_of(R"({"input_length": 1, "output_length": 1})"), HasSubstr("timestamp"));
}

// ---- graphs ----

TEST(ReplayGraphs, become_jobs_of_one_tenant_each) {
    const Workload workload = two_graphs();
    ASSERT_THAT(workload.graphs, SizeIs(2));
    ASSERT_THAT(workload.jobs, SizeIs(7));
    EXPECT_EQ(workload.graphs[1].first, 4);
    EXPECT_EQ(workload.jobs[6].name, "z");
    EXPECT_THAT(workload.jobs[6].parents, ElementsAre(5));
    EXPECT_EQ(workload.jobs[0].tenant, workload.jobs[3].tenant);
}

TEST(ReplayGraphs, are_created_in_one_call_each) {
    const Workload workload = two_graphs();
    const auto batches = make_batches(workload, 2);
    ASSERT_THAT(batches, SizeIs(2));
    EXPECT_THAT(batches[0].jobs, ElementsAre(0, 1, 2, 3));
    const auto argument = batch_argument(workload, batches[0], {"label", 0, 1}, {});
    EXPECT_THAT(argument[3]["depends_on"], ElementsAre("job-1", "job-2"));
    EXPECT_EQ(argument[3]["payload"]["graph"], "diamond");
    EXPECT_EQ(argument[3]["payload"]["name"], "d");
}

TEST(ReplayGraphs, are_as_deep_as_their_longest_path) {
    const Workload workload = two_graphs();
    EXPECT_EQ(depth_of(workload, workload.graphs[0]), 3U);
    EXPECT_EQ(count_edges(workload, workload.graphs[0]), 4U);
    EXPECT_EQ(depth_of(workload, workload.graphs[1]), std::nullopt);
    const Workload others = from_graphs(
        {{"none", {}}, {"self", {{"a", {0}}}}, {"apart", {{"a", {}}, {"b", {}}}}}, deal);
    EXPECT_EQ(depth_of(others, others.graphs[0]), 0U);
    EXPECT_EQ(depth_of(others, others.graphs[1]), std::nullopt);
    EXPECT_EQ(depth_of(others, others.graphs[2]), 1U);
}

TEST(ReplayGraphs, are_refused_as_a_whole_for_a_cycle) {
    const auto fates = expected_fates(two_graphs());
    EXPECT_THAT(fates, ElementsAre(Fate::completed, Fate::completed, Fate::completed,
                                   Fate::completed, Fate::refused, Fate::refused, Fate::refused));
    EXPECT_EQ(count_fates(two_graphs(), Fate::refused), 3U);
}

TEST(ReplayCycle, is_true_if_each_waits_for_the_next) {
    const Workload workload = two_graphs();
    const auto is_true = [&](const std::string& detail) {
        return is_true_cycle(detail, workload, workload.graphs[1]);
    };
    EXPECT_TRUE(is_true(R"("job-4" waits for "job-5", which waits for "job-4".)"));
    EXPECT_TRUE(is_true(
        R"("job-4" waits for "job-5", and so on (9 left out) until "job-4", which waits for "job-5", which waits for "job-4".)"));
    EXPECT_FALSE(is_true(R"("job-4" waits for "job-5".)"));
    EXPECT_FALSE(is_true(R"("job-6" waits for "job-5", which waits for "job-6".)"));
    EXPECT_FALSE(is_true(R"("job-0" waits for "job-1", which waits for "job-0".)"));
    EXPECT_FALSE(is_true(R"("job-99" waits for "job-99".)"));
    EXPECT_FALSE(is_true("dependencies form a cycle"));
    EXPECT_FALSE(is_true(""));
}

TEST(ReplayCycle, is_shown_with_the_names_of_its_tasks) {
    EXPECT_EQ(with_names(R"("job-4" waits for "job-5", "job-99".)", two_graphs()),
              R"(x waits for y, "job-99".)");
}

// ---- the verdict ----

class ReplayGraphsCheck : public testing::Test {
  protected:
    bool good(bool in_waves) const {
        return check_graphs({workload_, facts_, acknowledged_, outcomes_, in_waves}).good();
    }

    Workload workload_ = two_graphs();
    Facts facts_;
    Acknowledged acknowledged_;
    GraphOutcomes outcomes_{{std::nullopt, 3},
                            {R"("job-4" waits for "job-5", which waits for "job-4".)", 0}};
};

TEST_F(ReplayGraphsCheck, is_content_with_waves_as_many_as_it_is_deep) {
    EXPECT_TRUE(good(true));
    outcomes_[0].waves = 4;
    EXPECT_FALSE(good(true));
    EXPECT_TRUE(good(false));
}

TEST_F(ReplayGraphsCheck, wants_cycles_refused_and_named) {
    outcomes_[1].refusal = R"("job-4" waits for "job-6", which waits for "job-4".)";
    EXPECT_FALSE(good(true));
    outcomes_[1].refusal.reset();
    EXPECT_FALSE(good(false));
}

TEST_F(ReplayGraphsCheck, wants_no_other_graph_refused) {
    outcomes_[0].refusal = outcomes_[1].refusal;
    EXPECT_FALSE(good(false));
}

TEST_F(ReplayGraphsCheck, is_shown_with_its_figures) {
    const auto rows = describe_graphs(workload_, outcomes_);
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].depth, 3U);
    EXPECT_EQ(rows[0].edges, 4U);
    EXPECT_EQ(rows[1].depth, std::nullopt);
    EXPECT_EQ(rows[1].refusal, "x waits for y, which waits for x.");
}

}  // namespace
}  // namespace replay
