#include "admission/admission_shared.hpp"

#include "admission/loading_shared.hpp"
#include "admission/notes_shared.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/spi.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace ideamine::admission::shared {

namespace {

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
            .long_window_start = rules.long_window_start,
            .throttled_until = rules.throttles ? rules.throttled_until : Time::min(),
            .exists = rules.exists};
}

[[noreturn]] void throw_too_large() {
    throw Error(Code::invalid_argument, "the amount is too large",
                "With what is in use it would be more than can be counted.");
}

Note::Kind kind_for(Purpose purpose) {
    return purpose == Purpose::lease ? Note::Kind::lease : Note::Kind::take;
}

// Whether what is asked for is taken only if it may be, or in any case.
enum class Judging { honoured, ignored };

// One request on its way: the accounts of its scopes, each once, in the order in which they are
// locked.
class Admission {
  public:
    Admission(std::span<const Ask> asks, Throttling throttling, Judging judging, Purpose purpose)
        : asks_(asks), throttling_(throttling), judging_(judging), kind_(kind_for(purpose)) {
        const auto installation = pg::current_installation();
        for (const auto& ask : asks) {
            pins_.push_back(Pin::get(installation, ask.party.scope));
            accounts_.push_back(pins_.back().get());
        }
        std::ranges::sort(accounts_);
        accounts_.erase(std::ranges::unique(accounts_).begin(), accounts_.end());
        answers_.resize(asks.size());
        counters_.resize(asks.size());
        has_passed_.resize(asks.size());
        prepare_notes(asks.size());
    }

    std::vector<Answer> run() {
        const auto give_up_at = pg::now() + counter_load_timeout();
        for (std::size_t missing = decide(); missing < asks_.size(); missing = decide()) {
            const auto& ask = asks_[missing];
            load(*pins_[missing], *ask.party.ledger, ask.resource, give_up_at);
        }
        if (overflows_) {
            throw_too_large();
        }
        return std::move(answers_);
    }

  private:
    std::size_t decide();
    std::size_t find_counters(Time now);
    bool judge_all(Time now);
    bool count_all();
    void take_all(Time now);

    std::span<const Ask> asks_;
    Throttling throttling_;
    Judging judging_;
    Note::Kind kind_;
    bool overflows_ = false;
    std::vector<Pin> pins_;           // of each ask
    std::vector<Account*> accounts_;  // sorted
    std::vector<Counter*> counters_;  // null: its window has passed
    std::vector<bool> has_passed_;
    std::vector<Answer> answers_;
};

// The first ask whose counter is missing, or as many as there are.
std::size_t Admission::find_counters(Time now) {
    for (std::size_t i = 0; i < asks_.size(); ++i) {
        const auto& ask = asks_[i];
        const auto& account = *pins_[i];
        if (!has_rules(account, now)) {
            return i;
        }
        const auto window = account.rules.window_of(ask.resource);
        has_passed_[i] = ask.window && *ask.window != window;
        counters_[i] = has_passed_[i] ? nullptr : find_counter(account, ask.resource, window);
        if (counters_[i] == nullptr && !has_passed_[i]) {
            return i;
        }
    }
    return asks_.size();
}

bool Admission::judge_all(Time now) {
    bool allowed = true;
    for (std::size_t i = 0; i < asks_.size(); ++i) {
        if (has_passed_[i]) {
            continue;
        }
        const auto& account = *pins_[i];
        const bool throttled =
            throttling_ == Throttling::honoured && now < throttled_until(account);
        answers_[i].verdict = judge(limits_of(account, *counters_[i]),
                                    with_credit(counters_[i]->usage, asks_[i].credit),
                                    asks_[i].amount, throttled, now);
        answers_[i].reading = account.read(counters_[i]->usage, asks_[i].resource);
        allowed = allowed && answers_[i].verdict.allowed();
    }
    return allowed;
}

// Whatever the limits say, a sum has to be one.
bool Admission::count_all() {
    for (std::size_t i = 0; i < asks_.size(); ++i) {
        if (has_passed_[i]) {
            continue;
        }
        const auto& limits = limits_of(*pins_[i], *counters_[i]);
        const auto& usage = counters_[i]->usage;
        overflows_ = overflows_ || !is_countable(usage, asks_[i].amount);
        answers_[i].verdict = {.crosses = crosses(limits, usage, asks_[i].amount)};
    }
    return !overflows_;
}

void Admission::take_all(Time now) {
    for (std::size_t i = 0; i < asks_.size(); ++i) {
        if (has_passed_[i]) {
            continue;
        }
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
    if (missing == asks_.size() && (judging_ == Judging::honoured ? judge_all(now) : count_all())) {
        take_all(now);
    }
    for (auto* account : accounts_) {
        LWLockRelease(&account->lock);
    }
    return missing;
}

}  // namespace

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

Rules rules(const Party& party) {
    check_available();
    auto now = pg::now();
    if (RecoveryInProgress()) {
        const pg::AsOwner as_owner;
        const pg::Spi spi;
        return party.ledger->read_rules(party.scope.id, now);
    }
    const auto account = pin_party(party);
    for (const auto give_up_at = now + counter_load_timeout();; now = pg::now()) {
        {
            const AccountLock lock{*account, LW_SHARED};
            if (has_rules(*account, now)) {
                return account->rules;
            }
        }
        load_rules(*account, *party.ledger, give_up_at);
    }
}

Reading read(const Party& party, int resource, Time now) {
    check_available();
    if (RecoveryInProgress()) {
        return read_ledger(party, resource);
    }
    if (const auto reading = read_loaded(party, resource, now)) {
        return *reading;
    }
    const auto account = pin_party(party);
    return with_counter(*account, *party.ledger, resource, [&](const Counter& counter, Time) {
        return account->read(counter.usage, resource);
    });
}

std::vector<Answer> admit(std::span<const Ask> asks, Throttling throttling, Purpose purpose) {
    check_may_take();
    auto answers = Admission{asks, throttling, Judging::honoured, purpose}.run();
    pg::fault_point("admission.taken");
    return answers;
}

std::vector<Answer> take(std::span<const Ask> asks, Purpose purpose) {
    check_may_take();
    auto answers = Admission{asks, Throttling::ignored, Judging::ignored, purpose}.run();
    pg::fault_point("admission.taken");
    return answers;
}

Amount admit_some(const Ask& ask, Throttling throttling, Purpose purpose) {
    check_may_take();
    const auto account = pin_party(ask.party);
    prepare_notes(1);
    const auto admitted =
        with_counter(*account, *ask.party.ledger, ask.resource, [&](Counter& counter, Time now) {
            const auto& limits = limits_of(*account, counter);
            const auto amount = std::min(ask.amount, remaining(limits, counter.usage));
            const bool throttled =
                throttling == Throttling::honoured && now < throttled_until(*account);
            if (amount == 0 || throttled) {
                return Amount{0};
            }
            const Verdict verdict{.crosses = crosses(limits, counter.usage, amount)};
            admission::take(counter.usage, limits, amount, now);
            add_note(taken(*account, counter, *ask.party.ledger, amount, kind_for(purpose), verdict,
                           now));
            return amount;
        });
    pg::fault_point("admission.taken");
    return admitted;
}

Answer take(const Ask& ask, Purpose purpose) {
    return take(std::span{&ask, 1}, purpose).front();
}

Amount release(const Ask& ask) {
    check_may_take();
    const auto account = pin_party(ask.party);
    prepare_notes(1);
    const auto released =
        with_counter(*account, *ask.party.ledger, ask.resource, [&](Counter& counter, Time) {
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
    pg::fault_point("admission.released");
    return released;
}

void rules_changed(const Scope& scope) {
    check_available();
    note_changed_rules(pg::current_installation(), scope, true);
}

void rules_made(const Scope& scope) {
    check_available();
    note_changed_rules(pg::current_installation(), scope, false);
}

void read_rules_anew(const Scope& scope) {
    outdate_rules(pg::current_installation(), scope);
}

}  // namespace ideamine::admission::shared
