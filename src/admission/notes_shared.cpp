#include "admission/notes_shared.hpp"

#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::admission::shared {

namespace {

struct ChangedRules {
    pg::Installation installation;
    char kind;
    std::string id;
    bool were_known;  // to others
};

// Made at their first use, and never destroyed: a session may end within a transaction.
struct State {
    std::vector<Note> notes;
    std::vector<ChangedRules> changed;
    Account* loading = nullptr;
};
State& state() {
    static auto* const state = new State;
    return *state;
}

bool is_taking(Note::Kind kind) {
    return kind == Note::Kind::take || kind == Note::Kind::lease || kind == Note::Kind::join;
}

Into destination(Note::Kind kind) {
    const bool settles = kind == Note::Kind::take || kind == Note::Kind::release;
    return settles ? Into::settled : Into::leased;
}

// The counter that limits what a note took.
Account& limiting_account(const Note& note) {
    return note.group == nullptr ? *note.account : *note.group;
}
Counter& limiting_counter(const Note& note) {
    return note.group == nullptr ? *note.counter : *note.group_counter;
}

// In a group a scope counts one while anything of it is in use, whoever took that.
void leave_group(const Note& note) {
    if (note.group != nullptr && in_use(note.counter->usage) == 0) {
        commit_released(note.group_counter->usage, limits_of(*note.group, *note.group_counter), 1,
                        Into::leased);
    }
}

// It is not certain any more, or was not to be.
void forget_crossing(const Note& note, Counter& counter) {
    if (counter.throttles_until == note.throttles_until) {
        counter.throttles_until = Time::min();
    }
}

// What reached a threshold throttles for certain if it is committed, or if so much was taken
// meanwhile that the threshold stays reached without it.
void decide_throttling(const Note& note, bool committed) {
    auto& account = limiting_account(note);
    auto& counter = limiting_counter(note);
    forget_crossing(note, counter);
    if (committed || in_use(counter.usage) >= limits_of(account, counter).throttle_at) {
        account.throttled_until = std::max(account.throttled_until, note.throttles_until);
        auto reading = account.read(counter.usage, counter.resource);
        reading.throttled_until = note.throttles_until;
        note.ledger->report(account.id_view(), counter.resource, Happening::throttled, reading);
    } else {
        counter.usage.has_throttled = false;
    }
}

void report(const Note& note, Account& account, const Counter& counter, Happening happening) {
    note.ledger->report(account.id_view(), counter.resource, happening,
                        account.read(counter.usage, counter.resource));
}

void apply(const Note& note, bool committed) {
    auto& usage = note.counter->usage;
    const auto& limits = limits_of(*note.account, *note.counter);
    const bool was_below = usage.settled < limits.report_at;
    if (is_taking(note.kind)) {
        committed ? commit_taken(usage, limits, note.amount, destination(note.kind))
                  : roll_back_taken(usage, limits, note.amount);
    } else {
        usage.releasing -= note.of_settled;
        if (committed) {
            commit_released(usage, limits, note.amount, destination(note.kind));
        }
    }
    const bool ends = is_taking(note.kind) != committed;
    if (ends) {
        leave_group(note);
    }
    if (note.crossed) {
        decide_throttling(note, committed);
    }
    if (note.bursting && committed) {
        report(note, limiting_account(note), limiting_counter(note), Happening::burst);
    }
    if (was_below && usage.settled >= limits.report_at) {
        report(note, *note.account, *note.counter, Happening::reached);
    }
}

// A counter with notes stays where it is, and so does the account of each.
void hold(const Note& note) {
    pin(*note.account);
    pin(limiting_account(note));
    pg_atomic_fetch_add_u32(&note.counter->notes, 1);
    pg_atomic_fetch_add_u32(&limiting_counter(note).notes, 1);
}

void let_go(const Note& note) {
    pg_atomic_fetch_sub_u32(&note.counter->notes, 1);
    pg_atomic_fetch_sub_u32(&limiting_counter(note).notes, 1);
    unpin(*note.account);
    unpin(limiting_account(note));
}

void settle(const Note& note, bool committed) {
    {
        const AccountLock lock{*note.account, limiting_account(note)};
        apply(note, committed);
    }
    let_go(note);
}

// What is given back goes first: others must not find what was taken, as if it could be given back
// once more.
void settle_all(bool committed) {
    for (const bool releases : {true, false}) {
        for (const auto& note : state().notes) {
            if ((note.kind == Note::Kind::release) == releases) {
                settle(note, committed);
                pg::fault_point_without_error("admission.settling");
            }
        }
    }
}

void outdate_changed_rules() {
    for (const auto& changed : state().changed) {
        outdate_rules(changed.installation, {changed.kind, changed.id});
    }
}

void give_up_loading() {
    if (auto* account = std::exchange(state().loading, nullptr)) {
        {
            const AccountLock lock{*account};
            account->is_loading = false;
        }
        ConditionVariableBroadcast(&account->was_loaded);
        unpin(*account);
    }
}

void refuse_to_prepare() {
    if (!state().notes.empty() || std::ranges::any_of(state().changed, &ChangedRules::were_known)) {
        pg::boundary([] {
            throw Error(Code::conflict,
                        "cannot prepare a transaction that has taken or given back quota",
                        "Acquiring and ending jobs does so, too.",
                        "COMMIT it, or leave what changes quotas to another transaction.");
        });
    }
}

void end_transaction(pg::TransactionEvent event) {
    if (event == pg::TransactionEvent::before_prepare) {
        refuse_to_prepare();
    }
    if (event == pg::TransactionEvent::before_commit && !state().notes.empty()) {
        pg::boundary([] { pg::fault_point("admission.before_commit"); });
    }
    if (!pg::has_ended(event)) {
        return;
    }
    if (!state().notes.empty()) {
        pg::fault_point_without_error("admission.ended");
    }
    settle_all(event == pg::TransactionEvent::committed);
    state().notes.clear();
    give_up_loading();
    outdate_changed_rules();
    state().changed.clear();
}

// With one note for one counter, however often a transaction goes to a savepoint. Older notes than
// a few are not looked at.
bool merge(const Note& note, std::size_t end) {
    constexpr std::size_t looked_at = 64;
    auto& notes = state().notes;
    for (std::size_t i = end; i > 0 && end - i < looked_at; --i) {
        auto& other = notes[i - 1];
        if (other.counter == note.counter && other.kind == note.kind && other.level == note.level &&
            other.group_counter == note.group_counter) {
            other.amount += note.amount;
            other.of_settled += note.of_settled;
            other.throttles_until = std::max(other.throttles_until, note.throttles_until);
            other.crossed = other.crossed || note.crossed;
            other.bursting = other.bursting || note.bursting;
            return true;
        }
    }
    return false;
}

// Notes of inner levels stand behind those of outer ones.
void end_subtransaction(bool committed, SubTransactionId level, SubTransactionId parent) {
    auto& notes = state().notes;
    std::size_t first = notes.size();
    while (first > 0 && notes[first - 1].level == level) {
        --first;
    }
    std::size_t kept = first;
    for (std::size_t i = first; i < notes.size(); ++i) {
        auto note = notes[i];
        if (!committed) {
            pg::fault_point_without_error("admission.rolling_back");
            settle(note, false);
            continue;
        }
        note.level = parent;
        if (merge(note, kept)) {
            let_go(note);
        } else {
            notes[kept++] = note;
        }
    }
    notes.resize(kept, Note{});
    if (!committed) {
        give_up_loading();
        outdate_changed_rules();
    }
}

constinit bool watching = false;

void watch_transactions() {
    if (!watching) {
        pg::at_transaction_events(pg::AtEnd::settle, end_transaction);
        pg::at_subtransaction_end(end_subtransaction);
        watching = true;
    }
}

}  // namespace

Note taken(Account& account, Counter& counter, const Ledger& ledger, Amount amount, Note::Kind kind,
           const Verdict& verdict, Time now) {
    Note note{.account = &account,
              .counter = &counter,
              .ledger = &ledger,
              .amount = amount,
              .kind = kind,
              .crossed = verdict.crosses,
              .bursting = verdict.bursts};
    if (verdict.crosses) {
        note.throttles_until = saturating_add(now, account.rules.throttle_time);
        counter.throttles_until = note.throttles_until;
        counter.usage.has_throttled = true;
    }
    return note;
}

void prepare_notes(std::size_t count) {
    watch_transactions();
    auto& notes = state().notes;
    if (notes.capacity() - notes.size() < count) {
        notes.reserve(2 * (notes.size() + count));
    }
}

void add_note(Note note) {
    note.level = GetCurrentSubTransactionId();
    pg::fault_point_without_error("admission.noted");
    if (!merge(note, state().notes.size())) {
        hold(note);
        state().notes.push_back(note);
    }
}

void take_back(Account& account, int resource, Amount amount) {
    auto& notes = state().notes;
    const auto note = std::find_if(notes.rbegin(), notes.rend(), [&](const Note& note) {
        return note.account == &account && note.counter->resource == resource &&
               note.kind == Note::Kind::lease;
    });
    if (note == notes.rend()) {
        return;
    }
    note->amount -= amount;
    const auto& limits = limits_of(account, *note->counter);
    roll_back_taken(note->counter->usage, limits, amount);
    if (note->crossed && in_use(note->counter->usage) < limits.throttle_at) {
        forget_crossing(*note, *note->counter);
        note->counter->usage.has_throttled = false;
        note->crossed = false;
    }
}

Amount own_releasable(const Counter& counter) {
    Amount left = 0;
    for (const auto& note : state().notes) {
        if (note.counter == &counter && note.kind == Note::Kind::take) {
            left += note.amount;
        } else if (note.counter == &counter && note.kind == Note::Kind::release) {
            left -= note.amount - note.of_settled;
        }
    }
    return left;
}

void note_changed_rules(const pg::Installation& installation, const Scope& scope, bool were_known) {
    watch_transactions();
    state().changed.push_back({installation, scope.kind, std::string{scope.id}, were_known});
    outdate_rules(installation, scope);
}

bool has_changed_rules(const Account& account) {
    return std::ranges::any_of(state().changed, [&](const ChangedRules& changed) {
        return changed.installation == account.installation && changed.kind == account.kind &&
               changed.id == account.id_view();
    });
}

void note_loading(Account& account) {
    watch_transactions();
    state().loading = &account;
    pin(account);
}

void note_loaded() {
    unpin(*state().loading);
    state().loading = nullptr;
}

}  // namespace ideamine::admission::shared
