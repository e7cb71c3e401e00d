#include "dispatch_world.hpp"

#include <algorithm>

namespace ideamine::dispatch::world {

namespace {

// In the order of Kind.
constexpr std::string_view kind_names[]{"create",
                                        "acquire",
                                        "complete",
                                        "requeue",
                                        "cancel",
                                        "load_anew",
                                        "reconcile",
                                        "savepoint",
                                        "roll_back_to",
                                        "decide",
                                        "look_at_phase",
                                        "prepare_chunk",
                                        "load_if_due",
                                        "read_table",
                                        "place_leases",
                                        "thin_out",
                                        "place_items",
                                        "finish_loading",
                                        "go_on_claiming",
                                        "take",
                                        "lock_row",
                                        "forget_gone",
                                        "lease",
                                        "put_back",
                                        "change",
                                        "read_leases",
                                        "walk",
                                        "ask_plane",
                                        "lock_passed",
                                        "compare_leases",
                                        "commit",
                                        "prepare",
                                        "commit_prepared",
                                        "roll_back_prepared",
                                        "roll_back",
                                        "settle_leases",
                                        "lease_late",
                                        "append",
                                        "give_up_loading",
                                        "distrust_loading",
                                        "end"};
static_assert(std::size(kind_names) == static_cast<std::size_t>(Kind::end) + 1);

// Touches nothing that others see, and goes with the step before it.
bool is_local(Kind kind) {
    return (kind <= Kind::savepoint && kind != Kind::requeue) || kind == Kind::go_on_claiming ||
           kind == Kind::end;
}

}  // namespace

World::World(const Rules& rules)
    : rules_(&rules),
      rows_(rules.jobs.size()),
      sessions_(rules.sessions.size()),
      errors_(rules.errors),
      crashes_(rules.crashes),
      shortages_(rules.shortages),
      handed_out_(rules.jobs.size()) {
    for (int job = 0; job < jobs(); ++job) {
        const auto status = rules.jobs[static_cast<std::size_t>(job)].at_first;
        row(job).committed = {.status = status, .epoch = status == Status::running ? 1 : 0};
        if (status == Status::running) {
            sessions_.front().held.push_back({.job = job, .epoch = 1});
        }
    }
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        sessions_[i].number = static_cast<int>(i);
        sessions_[i].turns = rules.sessions[i].turns;
    }
    if (rules.begins_loaded) {
        begin(sessions_.front(), {{Kind::load_if_due}, {Kind::decide}});
        finish(sessions_.front());
        is_disturbed_ = false;
    }
}

// ---- what may happen next ----------------------------------------------------------------------

bool World::can_begin(const Session& session, const Program& program) const {
    const auto has = [this](Status status) {
        return std::ranges::any_of(
            rows_, [status](const Row& row) { return row.committed.status == status; });
    };
    switch (const auto [kind, argument] = program.front(); kind) {
        case Kind::create:
            return std::ranges::any_of(rows_, [](const Row& row) {
                return row.creator == nobody && row.committed.status == Status::none;
            });
        case Kind::complete:
            return !session.held.empty();
        case Kind::requeue:
            return has(Status::running);
        case Kind::cancel:
            return row(argument).committed.status == Status::pending;
        default:
            return true;
    }
}

// It waits for the lock of a row.
bool World::is_blocked(const Session& session) const {
    return session.todo.back().kind == Kind::change && !is_free(session, row(session.target.job));
}

void World::add_moves(std::vector<Move>& moves, std::size_t number) const {
    const auto& session = sessions_[number];
    const auto add = [&](Move::What what, int choice = 0) {
        moves.push_back({.what = what, .session = number, .choice = choice});
    };
    if (session.todo.empty()) {
        const auto& programs = rules_->sessions[number].programs;
        for (std::size_t i = 0; session.turns > 0 && i < programs.size(); ++i) {
            if (can_begin(session, programs[i])) {
                add(Move::What::begin, static_cast<int>(i));
            }
        }
        return;
    }
    if (!is_blocked(session)) {
        const auto [kind, argument] = session.todo.back();
        add(Move::What::go_on);
        if (kind == Kind::decide && static_cast<End>(argument) >= End::either) {
            add(Move::What::go_on, 1);
        }
    }
    if (errors_ > 0 && !session.is_ending) {
        add(Move::What::fail);
    }
}

std::vector<Move> World::moves() const {
    std::vector<Move> moves;
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        add_moves(moves, i);
    }
    if (crashes_ > 0) {
        moves.push_back({.what = Move::What::crash});
    }
    if (slot_.is_early) {
        moves.push_back({.what = Move::What::pass_time});
    }
    return moves;
}

void World::play(const Move& move) {
    auto& session = sessions_[move.session];
    is_scarce_ = shortages_ > 0 && move.what == Move::What::go_on &&
                 std::ranges::count(rules_->scarce, session.todo.back().kind) > 0;
    shortages_ -= move.failing == CopiedMemory::none ? 0 : 1;
    pieces_.watch(move.failing);
    switch (move.what) {
        case Move::What::begin:
            --session.turns;
            begin(session,
                  rules_->sessions[move.session].programs[static_cast<std::size_t>(move.choice)]);
            break;
        case Move::What::go_on:
            go_on(session, move.choice);
            break;
        case Move::What::fail:
            --errors_;
            fail(session);
            break;
        case Move::What::crash:
            --crashes_;
            crash();
            break;
        case Move::What::pass_time:
            slot_.is_early = false;
            break;
    }
}

bool World::is_quiet() const {
    return std::ranges::all_of(sessions_,
                               [](const Session& session) { return session.todo.empty(); });
}

// ---- sessions ----------------------------------------------------------------------------------

void World::begin(Session& session, const Program& program) {
    session.transaction = ++last_transaction_;
    session.is_in_progress = true;
    session.todo.assign(program.rbegin(), program.rend());
    while (is_local(session.todo.back().kind)) {
        run(session);
    }
    // nobody sees that it has begun before it does something
    if (session.todo.back().kind != Kind::decide && !is_blocked(session)) {
        go_on(session, 0);
    }
}

void World::finish(Session& session) {
    while (!session.todo.empty()) {
        go_on(session, 0);
    }
}

void World::go_on(Session& session, int choice) {
    if (session.todo.back().kind == Kind::decide) {
        decide(session, choice);
    }
    do {
        run(session);
    } while (!session.todo.empty() && is_local(session.todo.back().kind));
}

void World::run(Session& session) {
    const auto step = session.todo.back();
    session.todo.pop_back();
    if (step.kind < Kind::look_at_phase) {
        run_program(session, step);
    } else if (step.kind < Kind::go_on_claiming) {
        run_publishing(session, step);
    } else if (step.kind < Kind::commit) {
        run_claim(session, step);
    } else {
        run_ending(session, step);
    }
}

void World::run_program(Session& session, Step step) {
    switch (step.kind) {
        case Kind::create:
            return create(session);
        case Kind::acquire:
            return acquire(session, step.argument);
        case Kind::complete:
            return complete(session);
        case Kind::requeue:
            return requeue(session);
        case Kind::cancel:
            session.target.job = step.argument;
            return push(session, {{Kind::change, static_cast<int>(Status::cancelled)}});
        case Kind::load_anew:
            session.notes.loads_anew = true;
            return;
        case Kind::reconcile:
            return push(session, {with(Kind::load_if_due, Found::nothing),
                                  {Kind::read_leases},
                                  {Kind::walk},
                                  {Kind::ask_plane},
                                  {Kind::lock_passed},
                                  {Kind::compare_leases}});
        case Kind::savepoint:
            session.level = 2;
            return;
        default:
            return roll_back_to(session);
    }
}

void World::run_publishing(Session& session, Step step) {
    switch (step.kind) {
        case Kind::look_at_phase:
            return look_at_phase(session, step.argument);
        case Kind::prepare_chunk:
            return prepare_chunk(session, step.argument);
        case Kind::load_if_due:
            return load_if_due(session, static_cast<Found>(step.argument));
        case Kind::read_table:
            return read_table(session);
        case Kind::place_leases:
            return place_leases(session);
        case Kind::thin_out:
            return thin_out(session);
        case Kind::place_items:
            return place_items(session);
        default:
            return finish_loading(session);
    }
}

void World::run_claim(Session& session, Step step) {
    switch (step.kind) {
        case Kind::go_on_claiming:
            return go_on_claiming(session, static_cast<Stage>(step.argument));
        case Kind::take:
            return take(session, static_cast<Stage>(step.argument));
        case Kind::lock_row:
            return lock_row(session, static_cast<std::size_t>(step.argument));
        case Kind::forget_gone:
            return forget_gone(session);
        case Kind::lease:
            return lease(session);
        case Kind::put_back:
            return put_back(session, static_cast<std::size_t>(step.argument));
        case Kind::change:
            return change(session, static_cast<Status>(step.argument));
        case Kind::read_leases:
            session.known = leased_;
            session.knows_all = slot_.has_all_leases && slot_.unlisted == 0;
            return;
        case Kind::walk:
            return read_table(session);
        case Kind::ask_plane:
            return ask_plane(session);
        case Kind::lock_passed:
            return lock_passed(session);
        default:
            return compare_leases(session);
    }
}

void World::run_ending(Session& session, Step step) {
    switch (step.kind) {
        case Kind::commit:
            return commit(session);
        case Kind::prepare:
            return prepare(session);
        case Kind::commit_prepared:
            return commit_prepared(session);
        case Kind::roll_back_prepared:
            return undo_rows(prepared, 0);
        case Kind::roll_back:
            session.is_in_progress = false;
            return undo_rows(session.number, 0);
        case Kind::settle_leases:
            return settle_leases(session, static_cast<Settling>(step.argument));
        case Kind::lease_late:
            return lease_late(session);
        case Kind::append:
            return append(session);
        case Kind::give_up_loading:
            return give_up_loading(session);
        case Kind::distrust_loading:
            return distrust_loading(session);
        default:
            return end(session);
    }
}

// An error ends its transaction.
void World::fail(Session& session) {
    session.todo.clear();
    begin_to_roll_back(session);
    go_on(session, 0);
}

// Workers and the table live on, and so do transactions that are prepared.
void World::crash() {
    for (auto& session : sessions_) {
        undo_rows(session.number, 0);
        session = {.number = session.number, .turns = session.turns, .held = session.held};
    }
    pieces_ = {};
    state_ = {};
    slot_ = {};
    queues_.clear();
    leased_.clear();
    is_disturbed_ = true;
    if (is_prepared()) {
        sessions_.front().is_ending = true;
        resolve_prepared(sessions_.front(), true);
    }
}

std::string World::describe(const Move& move) const {
    const auto name = [&](const std::string& does) {
        return std::string{"session "} + std::to_string(move.session) + " " + does;
    };
    switch (move.what) {
        case Move::What::begin:
            return name("begins program " + std::to_string(move.choice));
        case Move::What::fail:
            return name("fails");
        case Move::What::crash:
            return "the server crashes";
        case Move::What::pass_time:
            return "time passes";
        case Move::What::go_on:
            break;
    }
    const auto [kind, argument] = sessions_[move.session].todo.back();
    auto does = std::string{kind_names[static_cast<std::size_t>(kind)]} + " " +
                std::to_string(kind == Kind::decide ? move.choice : argument);
    return name(move.failing == CopiedMemory::none ? does : does + " without room");
}

}  // namespace ideamine::dispatch::world
