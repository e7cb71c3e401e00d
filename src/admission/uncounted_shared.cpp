#include "admission/uncounted_shared.hpp"

#include "admission/loading_shared.hpp"
#include "ideamine/pg/transaction_end.hpp"
#include "ideamine/pg/wait.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace ideamine::admission::shared {

namespace {

// With its account pinned.
struct Uncounted {
    Account* account;
    std::uint8_t resources;
    SubTransactionId level;
};

// Made at its first use, and never destroyed: a session may end within a transaction.
std::vector<Uncounted>& uncounted() {
    static auto* const uncounted = new std::vector<Uncounted>;
    return *uncounted;
}

template <typename Do>
void for_each_of(std::uint8_t resources, Do&& work) {
    for (int resource = 0; resource < max_resources; ++resource) {
        if ((resources >> resource & 1) != 0) {
            work(resource);
        }
    }
}

void let_go(const Uncounted& left) {
    for_each_of(left.resources, [&](int resource) {
        pg_atomic_fetch_sub_u32(&left.account->uncounted[resource], 1);
    });
    unpin(*left.account);
}

void end_transaction(pg::TransactionEvent event) {
    if (event == pg::TransactionEvent::before_prepare && !uncounted().empty()) {
        pg::boundary([] {
            throw Error(Code::conflict, "cannot prepare a transaction that has recorded costs", {},
                        "COMMIT it, or leave costs to another transaction.");
        });
    }
    if (pg::has_ended(event)) {
        std::ranges::for_each(uncounted(), let_go);
        uncounted().clear();
    }
}

void end_subtransaction(bool committed, SubTransactionId level, SubTransactionId parent) {
    auto& all = uncounted();
    if (committed) {
        for (auto& left : all) {
            left.level = left.level == level ? parent : left.level;
        }
        return;
    }
    for (; !all.empty() && all.back().level == level; all.pop_back()) {
        let_go(all.back());
    }
}

void watch_transactions() {
    static constinit bool watching = false;
    if (!std::exchange(watching, true)) {
        pg::at_transaction_events(pg::AtEnd::settle, end_transaction);
        pg::at_subtransaction_end(end_subtransaction);
    }
}

std::uint8_t left_by_us(const Account& account) {
    std::uint8_t resources = 0;
    for (const auto& left : uncounted()) {
        resources |= left.account == &account ? left.resources : 0;
    }
    return resources;
}

// With the account's lock: nobody has other rules yet.
void leave(Account& account, std::uint8_t resources) {
    const auto missing = static_cast<std::uint8_t>(resources & ~left_by_us(account));
    if (missing == 0) {
        return;
    }
    for_each_of(missing,
                [&](int resource) { pg_atomic_fetch_add_u32(&account.uncounted[resource], 1); });
    pin(account);
    uncounted().push_back({&account, missing, GetCurrentSubTransactionId()});
}

}  // namespace

Rules rules_leaving_uncounted(const Party& party, std::uint8_t resources) {
    if (RecoveryInProgress()) {
        return rules(party);
    }
    watch_transactions();
    uncounted().reserve(uncounted().size() + 1);
    const auto account = pin_party(party);
    for (;;) {
        rules(party);
        // others may leave something at the same time: what must not change are the rules
        const AccountLock lock{*account, LW_SHARED};
        if (has_rules(*account, pg::now())) {
            leave(*account, static_cast<std::uint8_t>(resources & ~account->rules.kept));
            return account->rules;
        }
    }
}

void wait_for_uncounted(const Account& account, int resource, Time give_up_at) {
    constexpr std::chrono::milliseconds between_looks{5};
    if ((left_by_us(account) >> resource & 1) != 0) {
        throw Error(Code::conflict, "costs of this transaction are older than a budget for them",
                    "They were recorded before there was one, and count when they are committed.",
                    "End the transaction, and go on in the next one.");
    }
    auto& others = const_cast<Account&>(account).uncounted[resource];
    while (pg_atomic_read_u32(&others) != 0) {
        if (pg::now() >= give_up_at) {
            throw_not_ready();
        }
        pg::wait_on_latch(between_looks, "IdeamineCounters");
    }
}

}  // namespace ideamine::admission::shared
