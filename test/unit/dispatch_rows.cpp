#include <algorithm>
#include <utility>

#include "dispatch_world.hpp"

namespace ideamine::dispatch::world {

namespace {

bool is_allowed(const Version& before, const Version& after) {
    switch (after.status) {
        case Status::none:
            return false;
        case Status::pending:
            return before.status == Status::none ||
                   (before.status == Status::running && before.epoch == after.epoch);
        case Status::running:
            return before.status == Status::pending && before.epoch < after.epoch;
        case Status::completed:
            return before.status == Status::running && before.epoch == after.epoch;
        case Status::cancelled:
            return before.status == Status::pending;
    }
    return false;
}

}  // namespace

// ---- rows --------------------------------------------------------------------------------------

bool World::is_free(const Session& session, const Row& row) {
    return row.locked_by == nobody || row.locked_by == session.number;
}

// In the latest snapshot, which shows what its own transaction has changed.
Version World::visible(const Session& session, const Row& row) {
    return row.locked_by == session.number && !row.changes.empty() ? row.changes.back().after
                                                                   : row.committed;
}

void World::lock(const Session& session, Row& row) {
    if (row.locked_by == nobody) {
        row.locked_by = session.number;
        row.lock_level = session.level;
    }
}

void World::write(const Session& session, int job, Version version) {
    auto& row = this->row(job);
    const auto before = visible(session, row);
    if (!is_allowed(before, version)) {
        throw Violation("a row is changed to what it may not become");
    }
    lock(session, row);
    row.changes.push_back({.before = before, .after = version, .level = session.level});
}

void World::commit_rows(int locker) {
    for (auto& row : rows_) {
        if (row.locked_by != locker) {
            continue;
        }
        if (!row.changes.empty()) {
            if (!(row.changes.front().before == row.committed)) {
                throw Violation("a row is written over");
            }
            row.committed = row.changes.back().after;
            row.changes.clear();
        }
        row.locked_by = nobody;
    }
}

// What was done at this level and within it.
void World::undo_rows(int locker, int level) {
    for (auto& row : rows_) {
        if (row.locked_by != locker) {
            continue;
        }
        while (!row.changes.empty() && row.changes.back().level >= level) {
            row.changes.pop_back();
        }
        row.locked_by = row.lock_level >= level ? nobody : row.locked_by;
    }
}

bool World::is_prepared() const {
    return std::ranges::any_of(rows_, [](const Row& row) { return row.locked_by == prepared; });
}

// ---- what programs do to them ------------------------------------------------------------------

void World::create(Session& session) {
    for (int job = 0; job < jobs(); ++job) {
        if (row(job).creator == nobody && row(job).committed.status == Status::none) {
            row(job).creator = session.number;
            write(session, job, {.status = Status::pending});
            return push(session, {{Kind::look_at_phase, job}});
        }
    }
}

// The latest lease that its worker knows of.
void World::complete(Session& session) {
    std::vector<Held> known = session.held;
    for (const auto& note : session.notes.begun_leases) {
        known.push_back({.job = note.job, .epoch = note.epoch});
    }
    if (!known.empty()) {
        session.target = known.back();
        push(session, {with(Kind::change, Status::completed)});
    }
}

// As sweeps do, who look for jobs that run.
void World::requeue(Session& session) {
    for (int job = 0; job < jobs(); ++job) {
        if (const auto found = visible(session, row(job)); found.status == Status::running) {
            session.target = {.job = job, .epoch = found.epoch};
            return push(session, {with(Kind::change, Status::pending)});
        }
    }
}

void World::change(Session& session, Status status) {
    const auto [job, epoch] = session.target;
    const auto now = visible(session, row(job));
    if (status == Status::cancelled) {
        if (now.status == Status::pending) {
            write(session, job, {.status = status, .epoch = now.epoch});
        }
        return;
    }
    const bool is_theirs = now.status == Status::running && now.epoch == epoch;
    if (!is_theirs && !has(Fault::completes_without_fence)) {
        std::erase_if(session.held, [job = job](const Held& held) { return held.job == job; });
        return;
    }
    write(session, job, {.status = status, .epoch = epoch});
    session.notes.ended_leases.push_back(
        {.job = job, .epoch = epoch, .transaction = 0, .level = session.level});
    if (status == Status::pending) {
        is_disturbed_ = true;  // it is ready since it was created
        push(session, {{Kind::look_at_phase, job}});
    }
}

// ---- how transactions end ----------------------------------------------------------------------

void World::decide(Session& session, int choice) const {
    const auto end = static_cast<End>(session.todo.back().argument);
    session.todo.pop_back();
    if (end == End::prepares) {
        begin_to_prepare(session, choice == 0);
    } else if (end == End::commits || (end == End::either && choice == 0)) {
        begin_to_commit(session);
    } else {
        begin_to_roll_back(session);
    }
}

void World::begin_to_commit(Session& session) const {
    const auto& notes = session.notes;
    const auto settle = with(Kind::settle_leases, Settling::ended);
    const bool appends = !notes.published.empty() || notes.has_missed || notes.loads_anew;
    const bool is_rash = appends && has(Fault::publishes_before_commit);
    const bool ends_early = !notes.ended_leases.empty() && has(Fault::ends_leases_before_commit);
    session.is_ending = true;
    push(session, {{Kind::end}});
    if (appends && !is_rash) {
        push(session, {{Kind::append}});
    }
    if (!notes.begun_leases.empty() && has(Fault::leases_after_commit)) {
        push(session, {{Kind::lease_late}});
    }
    if ((!notes.ended_leases.empty() && !ends_early) || notes.has_unlisted_leases) {
        push(session, {settle});
    }
    push(session, {{Kind::commit}});
    if (is_rash) {
        push(session, {{Kind::append}});
    }
    if (ends_early) {
        push(session, {settle});
    }
}

void World::begin_to_roll_back(Session& session) const {
    auto& notes = session.notes;
    session.is_ending = true;
    push(session, {{Kind::end}});
    if (notes.is_loading) {
        push(session, {{Kind::give_up_loading}});
    }
    if (notes.loaded_at != 0) {
        push(session, {{Kind::distrust_loading}});
    }
    bool any_comes_back = false;
    for (auto& hand : notes.taken) {
        const bool is_own = hand.published_at != 0;  // which nobody will ever see
        hand.fate = is_own ? InHand::Fate::spent : on_rollback(hand.fate);
        any_comes_back = any_comes_back || hand.fate == InHand::Fate::comes_back;
    }
    if (any_comes_back && !has(Fault::keeps_what_is_rolled_back)) {
        push(session, {{Kind::put_back, 0}});
    }
    if (!notes.begun_leases.empty()) {
        push(session, {with(Kind::settle_leases, Settling::begun)});
    }
    push(session, {{Kind::roll_back}});
}

// For its session it ends as by a rollback, but that rows stay locked: somebody else may commit it.
// What has begun or ended leases is refused.
void World::begin_to_prepare(Session& session, bool commits) const {
    const bool is_refused =
        !session.notes.begun_leases.empty() || !session.notes.ended_leases.empty();
    if (is_refused && !has(Fault::prepares_leases)) {
        return begin_to_roll_back(session);
    }
    resolve_prepared(session, commits);
    begin_to_roll_back(session);
    session.todo.back().kind = Kind::prepare;
}

void World::resolve_prepared(Session& session, bool commits) {
    session.is_ending = true;
    if (commits) {
        push(session, {{Kind::commit_prepared}, {Kind::append}, {Kind::end}});
    } else {
        push(session, {{Kind::roll_back_prepared}, {Kind::end}});
    }
}

void World::commit(Session& session) {
    session.is_in_progress = false;
    commit_rows(session.number);
    for (const auto& note : session.notes.begun_leases) {
        session.held.push_back({.job = note.job, .epoch = note.epoch});
    }
    for (const auto& note : session.notes.ended_leases) {
        std::erase_if(session.held, [&](const Held& held) {
            return held.job == note.job && held.epoch == note.epoch;
        });
    }
}

void World::prepare(const Session& session) {
    for (auto& row : rows_) {
        row.locked_by = row.locked_by == session.number ? prepared : row.locked_by;
    }
}

void World::commit_prepared(Session& session) {
    commit_rows(prepared);
    session.notes.has_missed = true;  // look_again()
}

void World::roll_back_to(Session& session) {
    auto& notes = session.notes;
    const auto is_of_level = [&](const auto& note) { return note.level == session.level; };
    undo_rows(session.number, session.level);
    std::erase_if(notes.ended_leases, is_of_level);
    const auto first = std::ranges::find_if(notes.taken, is_of_level) - notes.taken.begin();
    start_to_put_back(session, static_cast<std::size_t>(first), true);
    if (std::ranges::any_of(notes.begun_leases, is_of_level)) {
        push(session, {with(Kind::settle_leases, Settling::begun_since)});
    }
    for (const auto& published : notes.published) {
        if (is_of_level(published) && published.chunk != 0) {
            pieces_.free(published.chunk);
        }
    }
    std::erase_if(notes.published, is_of_level);
    if (notes.loaded_at == session.level) {
        push(session, {{Kind::distrust_loading}});
    }
    session.level = 1;
}

// Nothing of it is left but what its worker knows.
void World::end(Session& session) {
    for (const auto& published : session.notes.published) {
        if (published.chunk != 0 && !has(Fault::leaks_chunks)) {
            pieces_.free(published.chunk);
        }
    }
    session = {.number = session.number,
               .turns = session.turns,
               .is_ending = !session.todo.empty(),
               .todo = std::move(session.todo),
               .held = std::move(session.held)};
}

}  // namespace ideamine::dispatch::world
