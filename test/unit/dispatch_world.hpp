// A small world that uses the dispatch plane as a server does: a table of a few jobs, sessions with
// transactions, and shared memory with the real dispatch::Plane and dispatch::Leases in it.
//
// A session goes on by steps, each of which is one critical section: one time under the lock of the
// plane, or one look at the table. What surrounds the plane in a server (transactions, rows, who
// holds what) is mirrored from these functions:
//
//   look_at_phase, prepare_chunk  publish(), publish_together(), queue_of()   dispatch_shared.cpp
//   load_if_due to finish_loading load_if_due(), Loading                      loading_shared.cpp
//   take                          TakenJobs::take_first(), take(), take_own() taken_store.cpp
//   lock_row, forget_gone         TakenJobs::lock(), forget_gone()            taken_store.cpp
//   lease                         Claim::lease(), begin_leases()              claim_store.cpp
//   add_leases                    add_leases(), find_or_make_group()          leases_shared.cpp
//   put_back                      give_back_rest(), undo_taking(), put_back() notes_shared.cpp
//   change                        cancel_listed(), Settling::run()            settle_store.cpp
//   read_leases to compare_leases reconcile_dispatch(), LeasesApart           load_store.cpp
//   commit, prepare, roll_back    CommitTransaction() and so on: of the server, which lets others
//                                 have the rows before it calls end_transaction()
//   settle_leases, append, end    end_transaction(), settle_leases()          notes_shared.cpp
//   roll_back_to                  end_subtransaction()                        notes_shared.cpp
//
// Left out: lanes, gates, weights, old snapshots, where rows stand, what jobs hold, and leases that
// change.
#pragma once

#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/leases.hpp"
#include "dispatch/plane.hpp"
#include "dispatch_memory.hpp"
#include "dispatch_rules.hpp"

namespace ideamine::dispatch::world {

// What was promised and does not hold.
struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Version {
    Status status = Status::none;
    int epoch = 0;
    int worker = 0;  // the number of a session

    bool operator==(const Version&) const = default;
};

// Who may lock a row, besides sessions.
inline constexpr int nobody = -1;
inline constexpr int prepared = -2;  // a transaction that waits for its end

struct Row {
    // By whom has locked the row, at a level of its transaction: 1, or 2 within a savepoint.
    struct Change {
        Version before;
        Version after;
        int level;
    };

    Version committed;
    std::vector<Change> changes;
    int locked_by = nobody;
    int lock_level = 0;
    int creator = nobody;
};

struct Published {
    Offset queue;
    Offset chunk;
    int level;
};

struct InHand {
    enum class Fate : std::uint8_t { comes_back, kept, dropped, spent };
    enum class Look : std::uint8_t { open, locked, done };

    Item item;
    Offset queue;
    int level;
    int published_at = 0;  // level of its own transaction; 0: by others
    Fate fate = Fate::comes_back;
    Look look = Look::open;
};

struct LeaseNote {
    int job;
    int epoch;
    std::uint32_t transaction;
    int level;
};

struct Notes {
    std::vector<Published> published;
    std::vector<InHand> taken;
    std::vector<LeaseNote> begun_leases;
    std::vector<LeaseNote> ended_leases;
    bool has_missed = false;
    bool loads_anew = false;
    bool is_loading = false;
    bool has_unlisted_leases = false;
    int loaded_at = 0;  // level
};

// A lease as its worker knows it.
struct Held {
    int job;
    int epoch;
};

struct Session {
    int number = 0;
    int turns = 0;
    std::uint32_t transaction = 0;  // 0: none
    bool is_in_progress = false;    // for others
    bool is_ending = false;
    int level = 1;
    std::vector<Step> todo{};  // the next one last
    Notes notes{};
    // of a claim
    std::size_t left = 0;
    std::size_t very_first = 0;
    std::size_t first = 0;
    bool is_dry = false;
    bool has_loaded = false;        // just now
    bool claim_has_loaded = false;  // because there was too little
    // of what is read from the table
    std::vector<std::vector<int>> stretches{};  // jobs of one queue each
    std::vector<Leased> leased{};
    bool has_missed = false;
    // of reconciling
    std::vector<Leased> known{};
    bool knows_all = false;

    Held target{};  // whose row is to be changed
    std::vector<Held> held{};
};

enum class Phase : std::uint8_t { unloaded, loading, loaded };

struct Slot {
    Phase phase = Phase::unloaded;
    bool has_missed = false;
    bool has_all_leases = false;
    bool has_lost_leases = false;
    int unlisted = 0;
    bool is_early = false;  // to load again
    std::uint64_t turns_when_loaded = 0;
};

template <typename Argument>
Step with(Kind kind, Argument argument) {
    return {.kind = kind, .argument = static_cast<int>(argument)};
}

// To be done next, in this order.
inline void push(Session& session, std::initializer_list<Step> steps) {
    session.todo.insert(session.todo.end(), std::rbegin(steps), std::rend(steps));
}

// One thing that may happen next.
struct Move {
    enum class What : std::uint8_t { begin, go_on, fail, crash, pass_time };

    What what;
    std::size_t session = 0;
    int choice = 0;                            // of a program, or of how it ends
    std::size_t failing = CopiedMemory::none;  // of the pieces that it asks for
};

class Writer;

class World {
  public:
    // Of rules that live as long.
    explicit World(const Rules& rules);

    std::vector<Move> moves() const;
    // Throws Violation.
    void play(const Move& move);
    // How many pieces of memory the last move has asked for of which one may not be there.
    std::size_t could_fail() const { return is_scarce_ ? pieces_.asked() : 0; }
    std::string describe(const Move& move) const;

    // Throws Violation if something does not hold.
    void check() const;
    // No transaction is open.
    bool is_quiet() const;
    // A worker asks again and again, alone, and takes its time. Throws Violation if it does not get
    // all that may run.
    void drain();
    // All that decides about what may happen from now on.
    std::string code() const;

  private:
    bool has(Fault fault) const { return rules_->fault == fault; }
    Plane plane() const { return {state_, pieces_}; }
    Leases leases() const { return {state_, pieces_}; }
    Row& row(int job) { return rows_[static_cast<std::size_t>(job)]; }
    const Row& row(int job) const { return rows_[static_cast<std::size_t>(job)]; }
    int jobs() const { return static_cast<int>(rows_.size()); }

    // dispatch_world.cpp: sessions
    bool can_begin(const Session& session, const Program& program) const;
    bool is_blocked(const Session& session) const;
    void add_moves(std::vector<Move>& moves, std::size_t number) const;
    void begin(Session& session, const Program& program);
    void finish(Session& session);
    void go_on(Session& session, int choice);
    void run(Session& session);
    void run_program(Session& session, Step step);
    void run_publishing(Session& session, Step step);
    void run_claim(Session& session, Step step);
    void run_ending(Session& session, Step step);
    void fail(Session& session);
    void crash();

    // dispatch_rows.cpp: the table and its transactions
    static bool is_free(const Session& session, const Row& row);
    static Version visible(const Session& session, const Row& row);
    static void lock(const Session& session, Row& row);
    void write(const Session& session, int job, Version version);
    void create(Session& session);
    static void complete(Session& session);
    void requeue(Session& session);
    void change(Session& session, Status status);
    void decide(Session& session, int choice) const;
    void begin_to_commit(Session& session) const;
    void begin_to_roll_back(Session& session) const;
    void begin_to_prepare(Session& session, bool commits) const;
    static void resolve_prepared(Session& session, bool commits);
    bool is_prepared() const;
    void commit_rows(int locker);
    void undo_rows(int locker, int level);
    void commit(Session& session);
    void prepare(const Session& session);
    void commit_prepared(Session& session);
    void roll_back_to(Session& session);
    void end(Session& session);

    // dispatch_loads.cpp: what comes into the plane
    static Uuid id_of(int number);
    static int number_of(const Uuid& id) { return id.bytes.back() - 1; }
    static Item item(int job);
    Key key_of(int job) const;
    Offset queue_of(int job);
    void look_at_phase(Session& session, int job);
    void prepare_chunk(Session& session, int job);
    void append(Session& session);
    bool is_due(Found found) const;
    void load_if_due(Session& session, Found found);
    void read_table(Session& session);
    void place_leases(Session& session);
    void thin_out(Session& session);
    void place_items(Session& session);
    void finish_loading(Session& session);
    void give_up_loading(Session& session);
    void distrust_loading(Session& session);
    void publish_again(Session& session, std::size_t first, bool kept_as_well);
    InHand::Fate on_rollback(InHand::Fate fate) const;
    void start_to_put_back(Session& session, std::size_t first, bool kept_as_well);
    void put_back(Session& session, std::size_t first);

    // dispatch_claims.cpp: what workers do
    void acquire(Session& session, int wanted);
    bool take_some(Session& session, Plane::Dry dry);
    void take_own(Session& session, std::size_t wanted);
    void take(Session& session, Stage stage);
    void go_on_claiming(Session& session, Stage stage);
    void look_at_rows(Session& session, std::size_t hand);
    void lock_row(Session& session, std::size_t hand);
    void forget_gone(Session& session);
    void lease(Session& session);
    Offset group_of(int job);
    bool add_lease(const Leased& leased);
    bool add_leases(const std::vector<Leased>& leased);
    void settle_unlisted(Session& session);
    void lease_late(const Session& session);
    void settle_leases(Session& session, Settling how);
    void free_leases(Offset lease);
    void list_leases();
    void ask_plane(Session& session);
    void lock_passed(Session& session);
    void compare_leases(Session& session);
    bool is_in_progress(std::uint32_t transaction) const;

    // dispatch_checks.cpp: what has to hold
    std::uint8_t first_dry_class() const;
    void check_place(const Item& item, Offset queue) const;
    void check_order(int job, std::uint8_t dry_class) const;
    void check_circles(const Session& session) const;
    void check_leases() const;
    void check_giving_way() const;
    void check_sizes() const;
    void check_memory() const;
    std::vector<std::vector<int>> chunks_of(const Queue& queue) const;

    // dispatch_code.cpp
    int code_of(std::uint32_t transaction) const;
    void put_plane(Writer& writer) const;
    void put_leases(Writer& writer, const std::vector<Leased>& leased) const;
    void put_session(Writer& writer, const Session& session) const;

    const Rules* rules_;
    std::vector<Row> rows_;
    std::vector<Session> sessions_;
    CopiedMemory pieces_;
    mutable State state_{};  // a Plane is a view of it that can change it
    Slot slot_;
    std::vector<Offset> queues_;  // that were made
    std::vector<Leased> leased_;  // what the leases say that they are
    std::uint32_t last_transaction_ = 0;
    int errors_ = 0;
    int crashes_ = 0;
    int shortages_ = 0;
    bool is_scarce_ = false;        // memory was, for the last move
    bool is_disturbed_ = false;     // no order is promised any more
    std::vector<bool> handed_out_;  // jobs, until it is
};

}  // namespace ideamine::dispatch::world
