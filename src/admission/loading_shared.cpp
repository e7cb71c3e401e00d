#include "admission/loading_shared.hpp"

#include "admission/notes_shared.hpp"
#include "admission/uncounted_shared.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/spi.hpp"
#include "ideamine/pg/wake.hpp"

extern "C" {
#include "access/xlog.h"
#include "utils/wait_event.h"
}

namespace ideamine::admission::shared {

namespace {

constexpr int everybody = -1;

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

// What was recorded before anybody watched, or before its rules were these.
void report_if_reached(const Account& account, const Ledger& ledger, const Counter& counter) {
    const bool is_current = counter.window == account.rules.window_of(counter.resource);
    if (is_current && counter.usage.settled >= limits_of(account, counter).report_at) {
        ledger.report(account.id_view(), counter.resource, Happening::reached,
                      account.read(counter.usage, counter.resource));
    }
}

// Throttling that began before is kept; what the ledger knows of it counts after a restart.
void install_rules(Account& account, const Ledger& ledger, const Rules& rules,
                   std::uint64_t changes, bool own, Time now) {
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
        report_if_reached(account, ledger, counter);
    }
}

void read_rules(Account& account, const Ledger& ledger, Time now) {
    const auto changes = pg_atomic_read_u64(&account.changes);
    const bool own = has_changed_rules(account);
    // a window does not begin earlier than the one before, whatever the clock does
    const auto rules =
        ledger.read_rules(account.id_view(), std::max(now, account.rules.window_start));
    pg::fault_point("admission.rules_read");
    Offset past = 0;
    do {
        {
            const AccountLock lock{account};
            if (past == 0) {
                install_rules(account, ledger, rules, changes, own, now);
            }
            past = unlink_past_counter(account);
        }
        if (past != 0) {
            drop_counter(past);
        }
    } while (past != 0);
}

// Usage above the limit came about before: nobody knows when, so that no burst is left.
void load_counter(Account& account, const Ledger& ledger, int resource, const Missing& missing) {
    const auto window = account.rules.window_of(resource);
    auto sums = ledger.read_sums(account.id_view(), resource, window);
    sums.leased += window == missing.window ? missing.leases : 0;
    pg::fault_point("admission.counter_read");
    const auto offset = make_counter(resource, window, sums);
    const AccountLock lock{account};
    auto& usage = counter_at(offset)->usage;
    const auto& limits = account.rules.limits[static_cast<std::size_t>(resource)];
    usage.burst_since = in_use(usage) > limits.limit ? Time::min() : Time::max();
    usage.has_throttled = sums.has_throttled || in_use(usage) >= limits.throttle_at;
    link_counter(account, offset);
    report_if_reached(account, ledger, *counter_at(offset));
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

}  // namespace

[[noreturn]] void throw_not_ready() {
    throw Error(Code::unavailable, "the counters are not ready",
                "They are being loaded from tables, or could not be.",
                "Try again, or raise ideamine.counter_load_timeout.");
}

// Rules are everybody's, unless a transaction has changed them and judges by its own.
bool has_rules(const Account& account, Time now) {
    const bool own = account.loaded_for == pg::own_process_number();
    return account.loaded_at ==
               pg_atomic_read_u64(const_cast<pg_atomic_uint64*>(&account.changes)) &&
           now < account.rules.window_end &&
           (has_changed_rules(account) ? own : account.loaded_for == everybody);
}

Counter* ready_counter(const Account& account, int resource, Time now) {
    return has_rules(account, now)
               ? find_counter(account, resource, account.rules.window_of(resource))
               : nullptr;
}

void load(Account& account, const Ledger& ledger, int resource, Time give_up_at,
          const Missing& missing) {
    if (!begin_loading(account)) {
        wait_for_loader(account, give_up_at);
        return;
    }
    note_loading(account);
    const auto now = pg::now();
    // whether there are rules is asked once: they may change at any moment, and a counter that
    // seems to be missing then would be made a second time
    const auto is_missing = [&](bool& rules) {
        const AccountLock lock{account, LW_SHARED};
        rules = !has_rules(account, now);
        pg::fault_point_without_error("admission.rules_known");
        return rules ||
               find_counter(account, resource, account.rules.window_of(resource)) == nullptr;
    };
    bool rules = false;
    if (is_missing(rules)) {
        const pg::AsOwner as_owner;
        const pg::Spi spi;
        pg::fault_point("admission.loading");
        if (rules) {
            read_rules(account, ledger, now);
        }
        if (is_missing(rules) && !rules) {
            wait_for_uncounted(account, resource, give_up_at);
            load_counter(account, ledger, resource, missing);
        }
    }
    end_loading(account);
}

void load_rules(Account& account, const Ledger& ledger, Time give_up_at) {
    if (!begin_loading(account)) {
        wait_for_loader(account, give_up_at);
        return;
    }
    note_loading(account);
    {
        const pg::AsOwner as_owner;
        const pg::Spi spi;
        pg::fault_point("admission.loading");
        read_rules(account, ledger, pg::now());
    }
    end_loading(account);
}

Pin pin_party(const Party& party) {
    return Pin::get(pg::current_installation(), party.scope);
}

// A standby keeps no counters that it would have to forget when promoted.
void check_may_take() {
    check_available();
    if (RecoveryInProgress()) {
        throw Error(Code::unavailable, "a standby cannot take or give back anything", {},
                    "Ask the primary.");
    }
}

}  // namespace ideamine::admission::shared
