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

// With the account's lock. Null: it has to be loaded.
Counter* ready_counter(const Account& account, int resource, Time now);

// What is missing for a counter, one thing at a time: its account's rules, or its sums. If that
// ends in an error, the end of the transaction lets others try.
// `missing_leases`: of what the caller's transaction sees as ended already, and others do not.
void load(Account& account, const Ledger& ledger, int resource, Time give_up_at,
          Amount missing_leases = 0);

// Calls `work` with the account's lock, the counter, when it is there, and the time.
template <typename Work>
auto with_counter(Account& account, const Ledger& ledger, int resource, Work&& work,
                  Amount missing_leases = 0) {
    auto now = pg::now();
    for (const auto give_up_at = now + counter_load_timeout();; now = pg::now()) {
        {
            const AccountLock lock{account};
            if (auto* counter = ready_counter(account, resource, now)) {
                return work(*counter, now);
            }
        }
        load(account, ledger, resource, give_up_at, missing_leases);
    }
}

}  // namespace ideamine::admission::shared
