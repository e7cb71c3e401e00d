#include "admission/admission_shared.hpp"

#include "admission/admission_settings.hpp"
#include "admission/notes_shared.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/datum.hpp"
#include "ideamine/pg/spi.hpp"
#include "ideamine/pg/wake.hpp"

extern "C" {
#include "access/xlog.h"
#include "utils/wait_event.h"
}

namespace ideamine::admission::shared {

namespace {

constexpr int everybody = -1;

// Rules are everybody's, unless a transaction has changed them and judges by its own.
bool has_rules(const Account& account, Time now) {
    const bool own = account.loaded_for == pg::own_process_number();
    return account.loaded_at ==
               pg_atomic_read_u64(const_cast<pg_atomic_uint64*>(&account.changes)) &&
           now < account.rules.window_end &&
           (has_changed_rules(account) ? own : account.loaded_for == everybody);
}

// With the account's lock. Null: it has to be loaded.
Counter* ready_counter(const Account& account, int resource, Time now) {
    return has_rules(account, now)
               ? find_counter(account, resource, account.rules.window_of(resource))
               : nullptr;
}

// ---- loading -----------------------------------------------------------------------------------

[[noreturn]] void throw_not_ready() {
    throw Error(Code::unavailable, "the counters are not ready",
                "They are being loaded from tables, or could not be.",
                "Try again, or raise ideamine.counter_load_timeout.");
}

// Until whoever loads the account is done, or gave up.
void wait_for_loader(Account& account, Time give_up_at) {
    const auto is_loading = [&account] {
        const AccountLock lock{account, LW_SHARED};
        return account.is_loading;
    };
    pg::call([&account] { ConditionVariablePrepareToSleep(&account.was_loaded); });
    while (is_loading()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at - pg::now());
        if (left.count() <= 0) {
            ConditionVariableCancelSleep();
            throw_not_ready();
        }
        pg::call([&account, left] {
            ConditionVariableTimedSleep(&account.was_loaded, left.count(), PG_WAIT_EXTENSION);
        });
    }
    ConditionVariableCancelSleep();
}

// Throttling that began before is kept; what the ledger knows of it counts after a restart.
void install_rules(Account& account, const Rules& rules, std::uint64_t changes, bool own,
                   Time now) {
    const bool is_first = account.loaded_at == 0;
    account.rules = rules;
    account.loaded_at = changes;
    account.loaded_for = own ? pg::own_process_number() : everybody;
    if (is_first) {
        account.throttled_until = rules.throttled_until;
    }
    // what is not committed may yet be undone
    for (auto offset = own ? 0 : account.counters; offset != 0; offset = counter_at(offset)->next) {
        auto& counter = *counter_at(offset);
        limits_changed(counter.usage, rules.limits[counter.resource], now);
    }
}

void load_rules(Account& account, const Ledger& ledger, Time now) {
    const auto changes = pg_atomic_read_u64(&account.changes);
    const bool own = has_changed_rules(account);
    // a window does not begin earlier than the one before, whatever the clock does
    const auto rules =
        ledger.read_rules(account.id_view(), std::max(now, account.rules.window_start));
    Offset past = 0;
    do {
        {
            const AccountLock lock{account};
            if (past == 0) {
                install_rules(account, rules, changes, own, now);
            }
            past = unlink_past_counter(account);
        }
        if (past != 0) {
            drop_counter(past);
        }
    } while (past != 0);
}

// Usage above the limit came about before: nobody knows when, so that no burst is left.
void load_counter(Account& account, const Ledger& ledger, int resource, Amount missing_leases) {
    const auto window = account.rules.window_of(resource);
    auto sums = ledger.read_sums(account.id_view(), resource, window);
    sums.leased += missing_leases;
    const auto offset = make_counter(resource, window, sums);
    const AccountLock lock{account};
    auto& usage = counter_at(offset)->usage;
    const auto& limits = account.rules.limits[static_cast<std::size_t>(resource)];
    usage.burst_since = in_use(usage) > limits.limit ? Time::min() : Time::max();
    usage.has_throttled = sums.has_throttled || in_use(usage) >= limits.throttle_at;
    link_counter(account, offset);
}

// False if somebody else is at it.
bool begin_loading(Account& account) {
    const AccountLock lock{account};
    return !std::exchange(account.is_loading, true);
}

void end_loading(Account& account) {
    {
        const AccountLock lock{account};
        account.is_loading = false;
    }
    note_loaded();
    pg::call([&account] { ConditionVariableBroadcast(&account.was_loaded); });
}

// What is missing for a counter, one thing at a time: its account's rules, or its sums. If that
// ends in an error, the end of the transaction lets others try.
void load(Account& account, const Ledger& ledger, int resource, Time give_up_at,
          Amount missing_leases = 0) {
    if (!begin_loading(account)) {
        wait_for_loader(account, give_up_at);
        return;
    }
    note_loading(account);
    const auto now = pg::now();
    const auto is_missing = [&](bool& rules) {
        const AccountLock lock{account, LW_SHARED};
        rules = !has_rules(account, now);
        return rules || ready_counter(account, resource, now) == nullptr;
    };
    bool rules = false;
    if (is_missing(rules)) {
        const pg::AsOwner as_owner;
        const pg::Spi spi;
        if (rules) {
            load_rules(account, ledger, now);
        }
        if (is_missing(rules) && !rules) {
            load_counter(account, ledger, resource, missing_leases);
        }
    }
    end_loading(account);
}

// Calls `work` with the account's lock and the counter, when it is there. `missing_leases`: of what
// the caller's transaction sees as ended already.
template <typename Work>
auto with_counter(Account& account, const Ledger& ledger, int resource, Work&& work,
                  Amount missing_leases = 0) {
    const auto give_up_at = pg::now() + counter_load_timeout();
    for (;;) {
        {
            const AccountLock lock{account};
            if (auto* counter = ready_counter(account, resource, pg::now())) {
                return work(*counter);
            }
        }
        load(account, ledger, resource, give_up_at, missing_leases);
    }
}

Pin pin_party(const Party& party) {
    return Pin::get(pg::current_installation(), party.scope);
}

// A standby decides nothing, and keeps no counters that it would have to forget when promoted.
void check_may_take() {
    check_available();
    if (RecoveryInProgress()) {
        throw Error(Code::unavailable, "a standby cannot take or give back anything", {},
                    "Ask the primary.");
    }
}

// On a standby nothing is ever written, so that there is nothing to be exact about.
Reading read_ledger(const Party& party, int resource) {
    const pg::AsOwner as_owner;
    const pg::Spi spi;
    const auto now = pg::now();
    const auto rules = party.ledger->read_rules(party.scope.id, now);
    const auto sums = party.ledger->read_sums(party.scope.id, resource, rules.window_of(resource));
    return {.limits = rules.limits[static_cast<std::size_t>(resource)],
            .usage = {.settled = sums.settled, .leased = sums.leased},
            .window_start = rules.window_start,
            .window_end = rules.window_end,
            .throttled_until = rules.throttles ? rules.throttled_until : Time::min()};
}

// What nearly every check finds.
std::optional<Reading> read_loaded(const Party& party, int resource, Time now) {
    const Glance glance{pg::current_installation(), party.scope};
    auto* account = glance.get();
    if (account == nullptr) {
        return std::nullopt;
    }
    const AccountLock lock{*account, LW_SHARED};
    if (!account->was_used) {
        account->was_used = true;
    }
    const auto* counter = ready_counter(*account, resource, now);
    return counter == nullptr ? std::nullopt
                              : std::optional{account->read(counter->usage, resource)};
}

// ---- taking ------------------------------------------------------------------------------------

// With the account's lock.
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

const Limits& limits_of(const Account& account, const Counter& counter) {
    return account.rules.limits[counter.resource];
}

Note::Kind kind_for(Purpose purpose) {
    return purpose == Purpose::lease ? Note::Kind::lease : Note::Kind::take;
}

// One request on its way: the accounts of its scopes, each once, in the order in which they are
// locked.
class Admission {
  public:
    Admission(std::span<const Ask> asks, Throttling throttling, Purpose purpose)
        : asks_(asks), throttling_(throttling), kind_(kind_for(purpose)) {
        const auto installation = pg::current_installation();
        for (const auto& ask : asks) {
            pins_.push_back(Pin::get(installation, ask.party.scope));
            accounts_.push_back(pins_.back().get());
        }
        std::ranges::sort(accounts_);
        accounts_.erase(std::ranges::unique(accounts_).begin(), accounts_.end());
        answers_.resize(asks.size());
        counters_.resize(asks.size());
        prepare_notes(asks.size());
    }

    std::vector<Answer> run() {
        const auto give_up_at = pg::now() + counter_load_timeout();
        for (std::size_t missing = decide(); missing < asks_.size(); missing = decide()) {
            const auto& ask = asks_[missing];
            load(*pins_[missing], *ask.party.ledger, ask.resource, give_up_at);
        }
        return std::move(answers_);
    }

  private:
    std::size_t decide();
    std::size_t find_counters(Time now);
    bool judge_all(Time now);
    void take_all(Time now);

    std::span<const Ask> asks_;
    Throttling throttling_;
    Note::Kind kind_;
    std::vector<Pin> pins_;           // of each ask
    std::vector<Account*> accounts_;  // sorted
    std::vector<Counter*> counters_;
    std::vector<Answer> answers_;
};

// The first ask whose counter is missing, or as many as there are.
std::size_t Admission::find_counters(Time now) {
    for (std::size_t i = 0; i < asks_.size(); ++i) {
        counters_[i] = ready_counter(*pins_[i], asks_[i].resource, now);
        if (counters_[i] == nullptr) {
            return i;
        }
    }
    return asks_.size();
}

bool Admission::judge_all(Time now) {
    bool allowed = true;
    for (std::size_t i = 0; i < asks_.size(); ++i) {
        const auto& account = *pins_[i];
        const bool throttled =
            throttling_ == Throttling::honoured && now < throttled_until(account);
        answers_[i].verdict = judge(limits_of(account, *counters_[i]), counters_[i]->usage,
                                    asks_[i].amount, throttled, now);
        answers_[i].reading = account.read(counters_[i]->usage, asks_[i].resource);
        allowed = allowed && answers_[i].verdict.allowed();
    }
    return allowed;
}

void Admission::take_all(Time now) {
    for (std::size_t i = 0; i < asks_.size(); ++i) {
        auto& account = *pins_[i];
        admission::take(counters_[i]->usage, limits_of(account, *counters_[i]), asks_[i].amount,
                        now);
        add_note(taken(account, *counters_[i], *asks_[i].party.ledger, asks_[i].amount, kind_,
                       answers_[i].verdict, now));
        answers_[i].reading = account.read(counters_[i]->usage, asks_[i].resource);
    }
}

// Nothing may fail between locking and unlocking.
std::size_t Admission::decide() {
    const auto now = pg::now();
    for (auto* account : accounts_) {
        LWLockAcquire(&account->lock, LW_EXCLUSIVE);
        account->was_used = true;
    }
    const auto missing = find_counters(now);
    if (missing == asks_.size() && judge_all(now)) {
        take_all(now);
    }
    for (auto* account : accounts_) {
        LWLockRelease(&account->lock);
    }
    return missing;
}

// ---- groups ------------------------------------------------------------------------------------

// The accounts of a member and its group.
struct Pair {
    explicit Pair(const Membership& membership)
        : member(pin_party(membership.member)), group(pin_party(membership.group)) {}

    // Calls `work` with both locks and both counters, when they are there.
    template <typename Work>
    void with_counters(const Membership& membership, Work&& work) {
        const auto give_up_at = pg::now() + counter_load_timeout();
        for (;;) {
            const auto now = pg::now();
            Counter* of_member = nullptr;
            {
                const AccountLock lock{*member, *group};
                of_member = ready_counter(*member, 0, now);
                auto* of_group = ready_counter(*group, membership.resource, now);
                if (of_member != nullptr && of_group != nullptr) {
                    work(*of_member, *of_group, now);
                    return;
                }
            }
            if (of_member == nullptr) {
                load(*member, *membership.member.ledger, 0, give_up_at);
            } else {
                load(*group, *membership.group.ledger, membership.resource, give_up_at);
            }
        }
    }

    Pin member;
    Pin group;
};

}  // namespace

Reading read(const Party& party, int resource, Time now) {
    check_available();
    if (RecoveryInProgress()) {
        return read_ledger(party, resource);
    }
    if (const auto reading = read_loaded(party, resource, now)) {
        return *reading;
    }
    const auto account = pin_party(party);
    return with_counter(*account, *party.ledger, resource, [&](const Counter& counter) {
        return account->read(counter.usage, resource);
    });
}

std::vector<Answer> admit(std::span<const Ask> asks, Throttling throttling, Purpose purpose) {
    check_may_take();
    return Admission{asks, throttling, purpose}.run();
}

Amount admit_some(const Ask& ask, Throttling throttling, Purpose purpose) {
    check_may_take();
    const auto account = pin_party(ask.party);
    prepare_notes(1);
    return with_counter(*account, *ask.party.ledger, ask.resource, [&](Counter& counter) {
        const auto now = pg::now();
        const auto& limits = limits_of(*account, counter);
        const auto amount = std::min(ask.amount, remaining(limits, counter.usage));
        const bool throttled =
            throttling == Throttling::honoured && now < throttled_until(*account);
        if (amount == 0 || throttled) {
            return Amount{0};
        }
        const Verdict verdict{.crosses = crosses(limits, counter.usage, amount)};
        admission::take(counter.usage, limits, amount, now);
        add_note(
            taken(*account, counter, *ask.party.ledger, amount, kind_for(purpose), verdict, now));
        return amount;
    });
}

Answer take(const Ask& ask, Purpose purpose) {
    check_may_take();
    const auto account = pin_party(ask.party);
    prepare_notes(1);
    return with_counter(*account, *ask.party.ledger, ask.resource, [&](Counter& counter) {
        const auto now = pg::now();
        const auto& limits = limits_of(*account, counter);
        if (!is_countable(counter.usage, ask.amount)) {
            throw Error(Code::invalid_argument, "the amount is too large",
                        "With what is in use it would be more than can be counted.");
        }
        const Verdict verdict{.crosses = crosses(limits, counter.usage, ask.amount)};
        admission::take(counter.usage, limits, ask.amount, now);
        add_note(taken(*account, counter, *ask.party.ledger, ask.amount, kind_for(purpose), verdict,
                       now));
        return Answer{verdict, account->read(counter.usage, ask.resource)};
    });
}

Amount release(const Ask& ask) {
    check_may_take();
    const auto account = pin_party(ask.party);
    prepare_notes(1);
    return with_counter(*account, *ask.party.ledger, ask.resource, [&](Counter& counter) {
        // what nobody else can give back goes first; it is there as long as the release is
        const auto own = std::min(ask.amount, own_releasable(counter));
        const auto of_settled = std::min(ask.amount - own, releasable(counter.usage));
        if (own + of_settled > 0) {
            counter.usage.releasing += of_settled;
            add_note({.account = account.get(),
                      .counter = &counter,
                      .ledger = ask.party.ledger,
                      .amount = own + of_settled,
                      .of_settled = of_settled,
                      .kind = Note::Kind::release});
        }
        return own + of_settled;
    });
}

Answer join(const Membership& membership, Throttling throttling) {
    check_may_take();
    Pair pair{membership};
    prepare_notes(1);
    Answer answer;
    pair.with_counters(membership, [&](Counter& member, Counter& group, Time now) {
        const auto& limits = limits_of(*pair.group, group);
        const bool throttled =
            throttling == Throttling::honoured && now < throttled_until(*pair.group);
        const bool is_first = in_use(member.usage) == 0;
        answer.verdict = judge(limits, group.usage, is_first ? 1 : 0, throttled, now);
        // who is in already takes nothing more, however full it is
        if (!is_first && answer.verdict.refusal != Refusal::throttled) {
            answer.verdict = {};
        }
        if (answer.verdict.allowed()) {
            if (is_first) {
                admission::take(group.usage, limits, 1, now);
                commit_taken(group.usage, limits, 1, Into::leased);
            }
            admission::take(member.usage, limits_of(*pair.member, member), membership.leases, now);
            auto note = taken(*pair.group, group, *membership.group.ledger, membership.leases,
                              Note::Kind::join, answer.verdict, now);
            note.group = std::exchange(note.account, pair.member.get());
            note.group_counter = std::exchange(note.counter, &member);
            add_note(note);
        }
        answer.reading = pair.group->read(group.usage, membership.resource);
    });
    return answer;
}

void give_up_lease(const Ask& ask) {
    const auto account = pin_party(ask.party);
    const AccountLock lock{*account};
    take_back(*account, ask.resource, ask.amount);
}

namespace {

// Loads the counters of a scope and its members, as others see them: what the caller's transaction
// has ended is not in its own view of the tables any more, and yet counts until it commits.
class EndingLeases {
  public:
    explicit EndingLeases(const Ending& ending)
        : ending_(ending), account_(pin_party(ending.scope)) {
        prepare_notes(ending.parts.size() + ending.members.size());
    }

    void run() {
        for (const auto& member : ending_.members) {
            load_member(member);
        }
        load_group();
        for (const auto& part : ending_.parts) {
            end(part);
        }
        for (std::size_t i = 0; i < ending_.members.size(); ++i) {
            end(ending_.members[i], *members_[i]);
        }
    }

  private:
    void load_member(const Ending::Member& member) {
        members_.push_back(pin_party(member.party));
        with_counter(
            *members_.back(), *member.party.ledger, 0,
            [&](const Counter& counter) {
                // the group's sum misses it if no lease of it is left
                missing_members_ += counter.usage.leased == member.leases ? 1 : 0;
            },
            member.leases);
    }

    void load_group() {
        if (!members_.empty()) {
            const auto part =
                std::ranges::find(ending_.parts, ending_.group, &Ending::Part::resource);
            const auto others = part == ending_.parts.end() ? 0 : part->amount;
            with_counter(
                *account_, *ending_.scope.ledger, ending_.group, [](const Counter&) {},
                others + missing_members_);
        }
    }

    void end(const Ending::Part& part) {
        with_counter(
            *account_, *ending_.scope.ledger, part.resource,
            [&](Counter& counter) {
                add_note({.account = account_.get(),
                          .counter = &counter,
                          .ledger = ending_.scope.ledger,
                          .amount = part.amount,
                          .kind = Note::Kind::unlease});
            },
            part.amount);
    }

    void end(const Ending::Member& member, Account& account) {
        const AccountLock lock{account, *account_};
        add_note({.account = &account,
                  .counter = find_counter(account, 0, Time::min()),
                  .group = account_.get(),
                  .group_counter = find_counter(*account_, ending_.group, Time::min()),
                  .ledger = ending_.scope.ledger,
                  .amount = member.leases,
                  .kind = Note::Kind::leave});
    }

    const Ending& ending_;
    Pin account_;
    std::vector<Pin> members_;
    Amount missing_members_ = 0;
};

}  // namespace

void end_leases(const Ending& ending) {
    check_may_take();
    EndingLeases{ending}.run();
}

void rules_changed(const Scope& scope) {
    check_available();
    note_changed_rules(pg::current_installation(), scope, true);
}

void rules_made(const Scope& scope) {
    check_available();
    note_changed_rules(pg::current_installation(), scope, false);
}

namespace {

// One counter of an account that nobody else has in hand.
Offset forget_one(Account& account) {
    const AccountLock lock{account};
    if (pg_atomic_read_u32(&account.pins) > 1) {
        return 0;
    }
    account.loaded_at = 0;
    return unlink_counter(account);
}

}  // namespace

std::int64_t forget_all() {
    std::int64_t forgotten = 0;
    for_each_account(pg::current_installation(), [&forgotten](Account& account) {
        pg::check_interrupts();
        for (auto counter = forget_one(account); counter != 0; counter = forget_one(account)) {
            drop_counter(counter);
            ++forgotten;
        }
    });
    return forgotten;
}

namespace {

Listed listed_from(const Account& account, const Counter& counter, std::uint32_t own_pins) {
    return {.kind = account.kind,
            .id = {},
            .resource = counter.resource,
            .window_start = counter.window,
            .usage = counter.usage,
            .in_flux = pg_atomic_read_u32(const_cast<pg_atomic_uint32*>(&account.pins)) > own_pins};
}

}  // namespace

std::vector<Listed> list() {
    std::vector<Listed> all;
    for_each_account(pg::current_installation(), [&all](Account& account) {
        pg::check_interrupts();
        const auto first = all.size();
        constexpr std::size_t room = 4 * max_resources;
        all.reserve(first + room);
        {
            const AccountLock lock{account, LW_SHARED};
            for (auto offset = account.counters; offset != 0 && all.size() < first + room;
                 offset = counter_at(offset)->next) {
                all.push_back(listed_from(account, *counter_at(offset), 1));
            }
        }
        for (auto i = first; i < all.size(); ++i) {
            all[i].id = account.id_view();
        }
    });
    return all;
}

std::optional<Listed> look_again(const Listed& listed) {
    const Glance glance{pg::current_installation(), {listed.kind, listed.id}};
    if (glance.get() == nullptr) {
        return std::nullopt;
    }
    const AccountLock lock{*glance.get(), LW_SHARED};
    const auto* counter = find_counter(*glance.get(), listed.resource, listed.window_start);
    return counter == nullptr ? std::nullopt
                              : std::optional{listed_from(*glance.get(), *counter, 0)};
}

}  // namespace ideamine::admission::shared
