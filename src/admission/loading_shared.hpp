// Counters that are not in memory are loaded from their ledgers by whoever needs them first, while
// all others wait.
#pragma once

#include "admission/accounts_shared.hpp"
#include "admission/admission_settings.hpp"
#include "admission/admission_shared.hpp"

namespace ideamine::admission::shared {

Pin pin_party(const Party& party);

// Throws ID503 where nothing may be taken: on a standby, or if the library is not preloaded.
void check_may_take();
[[noreturn]] void throw_not_ready();

// With the account's lock. False: they have to be loaded.
bool has_rules(const Account& account, Time now);
// With the account's lock. Null: it has to be loaded.
Counter* ready_counter(const Account& account, int resource, Time now);

// Leases of one window that the caller's transaction sees as ended already, and others do not.
struct Missing {
    Amount leases = 0;
    Time window = Time::min();
};

// What is missing for a counter, one thing at a time: its account's rules, or its sums. If that
// ends in an error, the end of the transaction lets others try.
void load(Account& account, const Ledger& ledger, int resource, Time give_up_at,
          const Missing& missing = {});

// The rules alone.
void load_rules(Account& account, const Ledger& ledger, Time give_up_at);

// Calls `work` with the account's lock, the counter, when it is there, and the time.
template <typename Work>
auto with_counter(Account& account, const Ledger& ledger, int resource, Work&& work,
                  const Missing& missing = {}) {
    auto now = pg::now();
    for (const auto give_up_at = now + counter_load_timeout();; now = pg::now()) {
        {
            const AccountLock lock{account};
            if (auto* counter = ready_counter(account, resource, now)) {
                return work(*counter, now);
            }
        }
        load(account, ledger, resource, give_up_at, missing);
    }
}

}  // namespace ideamine::admission::shared
