// What the dispatch plane promises (see src/dispatch/README.md), in every order in which a few
// sessions can go on: small worlds are gone through state by state, with the real plane and leases
// in their memory, and it is asked whether
//
//   a job is leased to one worker at a time, completed once, and never handed out if it was not
//     committed (World::write(), commit_rows());
//   what runs has a lease, where the slot says that it has all (check_leases());
//   the plane is as large as it says, and no memory is lost (check_sizes(), check_memory());
//   what stands in a queue is taken in its order, nothing before what found no room, and the jobs
//     of one session as it made them, unless something came back or was loaded (check_place(),
//     check_order());
//   a claim ends, whatever others have locked (check_circles());
//   once no transaction is open, a worker that asks again and again gets all that may run, without
//     anybody who reconciles (drain()).
//
// dispatch_world.hpp says which functions of the server's side the steps mirror; whoever changes
// those changes these. That what is wrong is found is shown by faults.
#include <gtest/gtest.h>

#include <iostream>

#include "dispatch_exploration.hpp"

namespace ideamine::dispatch::world {
namespace {

// ---- what sessions do --------------------------------------------------------------------------

Program program(std::initializer_list<Step> steps, End end = End::either) {
    Program program{steps};
    program.push_back(with(Kind::decide, end));
    return program;
}

const Program creates = program({{Kind::create}});
const Program creates_two = program({{Kind::create}, {Kind::create}});
const Program creates_and_acquires = program({{Kind::create}, {Kind::acquire, 1}});
const Program creates_in_vain = program(
    {{Kind::create}, {Kind::savepoint}, {Kind::create}, {Kind::acquire, 2}, {Kind::roll_back_to}});
const Program acquires = program({{Kind::acquire, 1}});
const Program acquires_two = program({{Kind::acquire, 2}});
const Program acquires_and_completes = program({{Kind::acquire, 1}, {Kind::complete}});
const Program acquires_in_vain =
    program({{Kind::savepoint}, {Kind::acquire, 1}, {Kind::roll_back_to}});
const Program acquires_and_prepares = program({{Kind::acquire, 1}}, End::prepares);
const Program completes = program({{Kind::complete}});
const Program completes_and_acquires = program({{Kind::complete}, {Kind::acquire, 1}});
const Program requeues = program({{Kind::requeue}});
const Program cancels = program({{Kind::cancel, 0}});
const Program cancels_and_acquires = program({{Kind::cancel, 0}, {Kind::acquire, 1}});
const Program requeues_and_acquires = program({{Kind::requeue}, {Kind::acquire, 1}});
const Program cancels_in_vain =
    program({{Kind::savepoint}, {Kind::cancel, 0}, {Kind::acquire, 1}, {Kind::roll_back_to}});
const Program loads_anew = program({{Kind::load_anew}}, End::commits);
const Program reconciles = program({{Kind::reconcile}}, End::commits);
const Program creates_and_prepares = program({{Kind::create}}, End::prepares);

constexpr Job fresh{};
constexpr Job waiting{.at_first = Status::pending};
constexpr Job running{.at_first = Status::running};
constexpr Job other{.tenant = "b"};
constexpr Job urgent{.priority_class = 1};

const std::vector<Kind> chunks{Kind::prepare_chunk, Kind::put_back, Kind::place_items};
const std::vector<Kind> queues{Kind::read_table, Kind::prepare_chunk};

// ---- what holds --------------------------------------------------------------------------------

struct Scenario {
    const char* name;
    Rules rules;
    std::size_t least_states;  // or it has become empty
};

std::ostream& operator<<(std::ostream& out, const Scenario& scenario) {
    return out << scenario.name;
}
std::string name_of(const testing::TestParamInfo<Scenario>& scenario) {
    return scenario.param.name;
}

class Orders : public testing::TestWithParam<Scenario> {};

TEST_P(Orders, KeepWhatIsPromised) {
    const auto& [name, rules, least_states] = GetParam();
    const Exploration exploration{rules};
    std::cout << exploration.states() << " states\n";
    EXPECT_EQ(exploration.violation(), "") << exploration.schedule();
    EXPECT_GE(exploration.states(), least_states);
}

const Scenario scenarios[] = {
    {"OfWhoCreatesAndWhoAcquires",
     {.jobs = {fresh, fresh, fresh}, .sessions = {{{creates}, 3}, {{acquires}, 2}, {{acquires}}}},
     10'000},
    {"OfTenantsAndClasses",
     {.jobs = {fresh, other, urgent}, .sessions = {{{creates}, 2}, {{creates}}, {{acquires_two}}}},
     6'000},
    {"OfBatches",
     {.jobs = {fresh, fresh, fresh, fresh},
      .sessions = {{{creates_two}, 2}, {{acquires_two}}, {{acquires}}}},
     2'000},
    {"OfFirstLoading",
     {.jobs = {waiting, fresh},
      .sessions = {{{creates}}, {{acquires}}, {{acquires}}},
      .begins_loaded = false,
      .errors = 1},
     12'000},
    {"OfOwnJobsAndSavepoints",
     {.jobs = {fresh, fresh, fresh},
      .sessions = {{{creates_and_acquires, creates_in_vain}}, {{acquires}}, {{acquires_in_vain}}},
      .errors = 1},
     1'200},
    {"OfOwnJobsThatAreLoaded",
     {.jobs = {fresh, fresh},
      .sessions = {{{creates_and_acquires, creates_in_vain}}, {{acquires}}},
      .begins_loaded = false,
      .errors = 1},
     2'000},
    {"OfRowsThatOthersHaveLocked",
     {.jobs = {waiting, waiting},
      .sessions = {{{cancels}}, {{acquires, loads_anew}}, {{acquires, reconciles}}}},
     3'500},
    {"OfLeasesThatEnd",
     {.jobs = {running, waiting, fresh},
      .sessions = {{{completes, requeues}, 2}, {{acquires, requeues}}, {{acquires}}},
      .errors = 1},
     9'000},
    {"OfLeasesThatAreLoaded",
     {.jobs = {running, waiting},
      .sessions = {{{completes, requeues}}, {{acquires}}, {{acquires, requeues}}},
      .begins_loaded = false},
     12'000},
    {"OfManyThings",
     {.jobs = {running, waiting, fresh},
      .sessions = {{{completes, requeues, acquires, creates, loads_anew, reconciles}},
                   {{acquires_and_completes, requeues, creates, loads_anew, reconciles}},
                   {{acquires}}}},
     25'000},
    {"OfCrashes",
     {.jobs = {running, waiting, fresh},
      .sessions = {{{completes, acquires}}, {{acquires}}, {{requeues, creates}}},
      .crashes = 1},
     18'000},
    {"WithoutRoomForItems",
     {.jobs = {fresh, fresh},
      .sessions = {{{creates}, 2}, {{acquires}}, {{acquires}}},
      .shortages = 1,
      .scarce = chunks},
     8'000},
    {"WithoutRoomForItemsWhereLoadingTakesLong",
     {.jobs = {fresh, fresh},
      .sessions = {{{creates}, 2}, {{acquires}, 2}},
      .loading_takes_long = true,
      .shortages = 1,
      .scarce = chunks},
     2'500},
    {"WithoutRoomForQueues",
     {.jobs = {waiting, other},
      .sessions = {{{creates}}, {{acquires}, 2}},
      .begins_loaded = false,
      .shortages = 2,
      .scarce = queues},
     3'000},
    {"WithoutRoomForAllThatIsRead",
     {.jobs = {waiting, waiting, waiting, fresh},
      .sessions = {{{creates}}, {{acquires}, 2}},
      .begins_loaded = false,
      .loading_takes_long = true,
      .errors = 1,
      .most_items = 2},
     1'400},
    {"WithoutRoomForLeases",
     {.jobs = {waiting, waiting},
      .sessions = {{{acquires}, 2}, {{acquires}}, {{completes}}},
      .most_leases = 1},
     600},
    {"OfPreparedTransactions",
     {.jobs = {waiting, fresh},
      .sessions = {{{creates_and_prepares, cancels}}, {{acquires}, 2}},
      .errors = 1,
      .crashes = 1},
     2'500},
    {"OfClaimsThatCannotBePrepared",
     {.jobs = {waiting}, .sessions = {{{acquires_and_prepares}}, {{acquires}}}},
     100},
    {"OfLoadingByWhoHasCancelled",
     {.jobs = {waiting, waiting},
      .sessions = {{{cancels_and_acquires}}, {{acquires}}},
      .begins_loaded = false},
     600},
    {"OfLoadingByWhoHasCompleted",
     {.jobs = {running, waiting},
      .sessions = {{{completes_and_acquires, requeues_and_acquires}}, {{acquires}}},
      .begins_loaded = false},
     4'000},
    {"OfLoadingInASavepoint",
     {.jobs = {waiting, waiting},
      .sessions = {{{cancels_in_vain}}, {{acquires}}},
      .begins_loaded = false},
     800},
    {"WithoutRoomForLeasesOfWhoIsNotSeen",
     {.jobs = {running, running, waiting},
      .sessions = {{{completes}, 2}, {{acquires}}, {{acquires}}},
      .most_leases = 2},
     2'500},
    {"OfRowsOfWhichNoneCanBeLocked",
     {.jobs = {waiting, waiting},
      .sessions = {{{acquires}}, {{acquires}}},
      .loading_takes_long = true,
      .most_items = 1},
     2'400},
};

INSTANTIATE_TEST_SUITE_P(Dispatch, Orders, testing::ValuesIn(scenarios), name_of);

// ---- what is found -----------------------------------------------------------------------------

struct Mistake {
    const char* name;
    Fault fault;
    Rules rules;
    const char* breaks;
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
    return out << mistake.name;
}
std::string name_of_mistake(const testing::TestParamInfo<Mistake>& mistake) {
    return mistake.param.name;
}

constexpr const char* lost = "a job is never handed out";
constexpr const char* unleased = "a job runs without a lease";
constexpr const char* illegal = "a row is changed to what it may not become";

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreFound) {
    auto [name, fault, rules, breaks] = GetParam();
    EXPECT_EQ(Exploration{rules}.violation(), "") << "it has to be the fault that is found";
    rules.fault = fault;
    const Exploration exploration{rules};
    EXPECT_EQ(exploration.violation(), breaks) << exploration.schedule();
}

const Mistake mistakes[] = {
    {"PublishingBeforeTheCommit",
     Fault::publishes_before_commit,
     {.jobs = {fresh}, .sessions = {{{creates}}, {{acquires}}}},
     lost},
    {"NoNoteOfWhatWasPublishedBeforeLoading",
     Fault::leaves_no_note_while_unloaded,
     {.jobs = {fresh}, .sessions = {{{creates}}, {{acquires}}}, .begins_loaded = false},
     lost},
    {"SpillingInSilence",
     Fault::spills_in_silence,
     {.jobs = {fresh}, .sessions = {{{creates}}, {{acquires}}}, .shortages = 1, .scarce = chunks},
     lost},
    {"MissingAQueueInSilence",
     Fault::misses_in_silence,
     {.jobs = {fresh}, .sessions = {{{creates}}}, .shortages = 1, .scarce = queues},
     lost},
    {"AddingToWhatHasSpilled",
     Fault::adds_to_what_has_spilled,
     {.jobs = {fresh, fresh},
      .sessions = {{{creates}, 2}, {{acquires}}},
      .shortages = 1,
      .scarce = chunks},
     "a job is handed out before one that became ready earlier"},
    {"KeepingWhatIsRolledBack",
     Fault::keeps_what_is_rolled_back,
     {.jobs = {waiting}, .sessions = {{{acquires}}}},
     lost},
    {"DroppingWhatOthersHaveLocked",
     Fault::drops_what_is_locked,
     {.jobs = {waiting}, .sessions = {{{cancels}}, {{acquires}}}},
     lost},
    {"LeasingWithoutALook",
     Fault::leases_without_a_look,
     {.jobs = {waiting}, .sessions = {{{cancels}}, {{acquires}}}},
     illegal},
    {"CompletingWithoutFence",
     Fault::completes_without_fence,
     {.jobs = {running}, .sessions = {{{completes}}, {{requeues}}, {{acquires}}}},
     illegal},
    {"LeasingAfterTheCommit",
     Fault::leases_after_commit,
     {.jobs = {waiting}, .sessions = {{{acquires}}}},
     unleased},
    {"LosingLeasesInSilence",
     Fault::loses_leases_in_silence,
     {.jobs = {waiting}, .sessions = {{{acquires}}}, .shortages = 1, .scarce = {Kind::lease}},
     unleased},
    {"UndoingTheLeasesOfOthers",
     Fault::undoes_leases_of_others,
     {.jobs = {waiting}, .sessions = {{{acquires}}, {{acquires}}, {{loads_anew}}}},
     unleased},
    {"EndingLeasesBeforeTheCommit",
     Fault::ends_leases_before_commit,
     {.jobs = {running}, .sessions = {{{completes}}}},
     unleased},
    {"ClearingAfterTheSnapshot",
     Fault::clears_after_snapshot,
     {.jobs = {fresh}, .sessions = {{{creates}}, {{acquires}}}, .begins_loaded = false},
     lost},
    {"ForgivingWhenLoadingEnds",
     Fault::forgives_when_loaded,
     {.jobs = {fresh}, .sessions = {{{creates}}, {{acquires}}}, .begins_loaded = false},
     lost},
    {"GivingUpInSilence",
     Fault::gives_up_in_silence,
     {.jobs = {fresh}, .sessions = {{{creates_and_prepares}}, {{acquires}}}, .errors = 1},
     lost},
    {"DroppingForGoodWhatWasCancelled",
     Fault::drops_for_good,
     {.jobs = {waiting}, .sessions = {{{cancels_and_acquires}}}},
     lost},
    {"TrustingLoadingOfWhoHasCancelled",
     Fault::trusts_loading_that_is_rolled_back,
     {.jobs = {waiting}, .sessions = {{{cancels_and_acquires}}}, .begins_loaded = false},
     lost},
    {"TrustingLoadingOfWhoHasCompleted",
     Fault::trusts_loading_that_is_rolled_back,
     {.jobs = {running}, .sessions = {{{completes_and_acquires}}}, .begins_loaded = false},
     unleased},
    {"ForgettingLeasesWithoutRoom",
     Fault::forgets_unlisted_leases,
     {.jobs = {running, running, waiting},
      .sessions = {{{completes}, 2}, {{acquires}}, {{acquires}}},
      .most_leases = 2},
     unleased},
    {"PreparingClaims",
     Fault::prepares_leases,
     {.jobs = {waiting}, .sessions = {{{acquires_and_prepares}}, {{acquires}}}},
     unleased},
    {"LoadingAgainAndAgain",
     Fault::loads_again_and_again,
     {.jobs = {waiting, waiting},
      .sessions = {{{acquires}}, {{acquires}}},
      .loading_takes_long = true,
      .most_items = 1},
     "a claim takes the same job again and again"},
    {"LeakingChunks",
     Fault::leaks_chunks,
     {.jobs = {fresh}, .sessions = {{{creates}}}},
     "memory is lost"},
};

INSTANTIATE_TEST_SUITE_P(Dispatch, Mistakes, testing::ValuesIn(mistakes), name_of_mistake);

}  // namespace
}  // namespace ideamine::dispatch::world
