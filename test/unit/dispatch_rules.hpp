// What may happen in a small world of the dispatch plane (see dispatch_world.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ideamine::dispatch::world {

// What the sessions do wrong, each a mistake that somebody could make.
enum class Fault : std::uint8_t {
    none,
    publishes_before_commit,
    leaves_no_note_while_unloaded,
    spills_in_silence,
    misses_in_silence,
    adds_to_what_has_spilled,
    keeps_what_is_rolled_back,
    drops_what_is_locked,
    drops_for_good,
    leases_without_a_look,
    completes_without_fence,
    leases_after_commit,
    loses_leases_in_silence,
    undoes_leases_of_others,
    ends_leases_before_commit,
    clears_after_snapshot,
    forgives_when_loaded,
    gives_up_in_silence,
    trusts_loading_that_is_rolled_back,
    forgets_unlisted_leases,
    prepares_leases,
    loads_again_and_again,
    leaks_chunks,
};

enum class Status : std::uint8_t { none, pending, running, completed, cancelled };

enum class Kind : std::uint8_t {
    // what a program consists of, with what some of them take
    create,
    acquire,   // how many
    complete,  // what its worker has leased
    requeue,   // some job that runs
    cancel,    // job
    load_anew,
    reconcile,
    savepoint,
    roll_back_to,
    decide,  // End
    // what becomes of it
    look_at_phase,  // job
    prepare_chunk,  // job
    load_if_due,    // Found
    read_table,
    place_leases,
    thin_out,
    place_items,
    finish_loading,
    go_on_claiming,  // Stage
    take,            // Stage
    lock_row,        // hand
    forget_gone,
    lease,
    put_back,  // from this hand on
    change,    // Status
    read_leases,
    walk,
    ask_plane,
    lock_passed,
    compare_leases,
    commit,
    prepare,
    commit_prepared,
    roll_back_prepared,
    roll_back,
    settle_leases,  // Settling
    lease_late,
    append,
    give_up_loading,
    distrust_loading,
    end,
};

struct Step {
    Kind kind;
    int argument = 0;
};
using Program = std::vector<Step>;

// Of a transaction; the latter two leave a choice.
enum class End : std::uint8_t { commits, rolls_back, either, prepares };
enum class Found : std::uint8_t { enough, little, nothing };
// Of Kind::take: see TakenJobs::take_first().
enum class Stage : std::uint8_t { first, after_little, makes_do, after_nothing, makes_do_last };
// Of Kind::settle_leases: what a commit does, a rollback, and one to a savepoint.
enum class Settling : std::uint8_t { ended, begun, begun_since };

struct Job {
    std::string_view tenant = "a";
    std::uint8_t priority_class = 2;
    Status at_first = Status::none;
};

// What may happen in a world.
struct Rules {
    struct Menu {
        std::vector<Program> programs;
        int turns = 1;  // so many programs, one after the other
    };

    std::vector<Job> jobs{};       // the earlier ones become ready earlier
    std::vector<Menu> sessions{};  // what each may do
    bool begins_loaded = true;
    bool loading_takes_long = false;  // so that it is not done again until time passes
    int errors = 0;                   // transactions that an error ends somewhere on their way
    int crashes = 0;
    int shortages = 0;           // pieces of memory for which there is no room,
    std::vector<Kind> scarce{};  // in these steps
    std::size_t most_items = 100;
    std::size_t most_leases = 100;
    Fault fault = Fault::none;
};

}  // namespace ideamine::dispatch::world
