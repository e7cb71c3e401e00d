#include "bgworker/utility_hook.hpp"

#include "bgworker/waiting.hpp"
#include "ideamine/pg/database.hpp"
#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/process_utility.hpp"
#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::bgworker {

namespace {

// A statement that finds the worker still there after this fails with the server's own message.
constexpr std::chrono::seconds longest_wait{10};

// How often this session's transaction holds off the worker of each slot.
constinit std::array<std::int32_t, slots::count> held{};
constinit bool holding = false;
constinit bool letting_go_registered = false;

// Not before the transaction's end: until then others see the database as it was, and the launcher
// would start a worker for one that is about to vanish. A session that is ended rolls back first,
// so that it leaves no hold behind.
void let_go_of_all(pg::TransactionEvent event) {
    if (event == pg::TransactionEvent::before_commit || !holding) {
        return;
    }
    for (int slot = 0; slot < slots::count; ++slot) {
        if (held[slot] > 0) {
            slots::let_go(slot, std::exchange(held[slot], 0));
        }
    }
    holding = false;
}

void hold_off_worker(const std::string& database) {
    if (!std::exchange(letting_go_registered, true)) {
        pg::at_transaction_events(pg::AtEnd::wake, let_go_of_all);
    }
    const auto slot = slots::hold(database);
    if (!slot) {
        return;
    }
    ++held[*slot];
    holding = true;
    wait_until(SteadyClock::now() + longest_wait, "IdeamineHoldWorker",
               [&] { return worker_is_gone(database); });
}

// A restore begins with CREATE EXTENSION and goes on with COPY into its tables. CREATE EXTENSION IF
// NOT EXISTS that finds it there is the beginning of nothing: applications start with that.
bool looks_like_restore(const pg::UtilityStatement& statement) {
    const auto schema = statement.copies_into_schema();
    return (statement.creates_extension() == "ideamine" && !pg::is_installed()) ||
           schema == "ideamine" || schema == "ideamine_internal";
}

void note_restore() {
    slots::note_restore(pg::current_database());
}

bool before(const pg::UtilityStatement& statement) {
    const std::string database{statement.claims_database()};
    if (!database.empty()) {
        hold_off_worker(database);
    }
    if (!looks_like_restore(statement)) {
        return false;
    }
    note_restore();
    return true;
}

}  // namespace

void watch_statements() {
    pg::observe_utility({.before = before, .after = note_restore});
}

}  // namespace ideamine::bgworker
