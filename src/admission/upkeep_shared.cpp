#include "admission/upkeep_shared.hpp"

#include "admission/accounts_shared.hpp"
#include "ideamine/pg/fault_point.hpp"

namespace ideamine::admission::shared {

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
        pg::fault_point("admission.forgetting");
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

namespace {

bool has_reached(const Account& account, const Counter& counter) {
    return counter.window == account.rules.window_of(counter.resource) &&
           counter.usage.settled >= limits_of(account, counter).report_at;
}

// Of an account by its present rules; bit n: resource n.
std::uint32_t reached_of(Account& account) {
    const AccountLock lock{account, LW_SHARED};
    std::uint32_t reached = 0;
    if (account.loaded_at == pg_atomic_read_u64(&account.changes)) {
        for (auto offset = account.counters; offset != 0; offset = counter_at(offset)->next) {
            const auto& counter = *counter_at(offset);
            reached |= has_reached(account, counter) ? 1U << counter.resource : 0;
        }
    }
    return reached;
}

}  // namespace

std::vector<Reached> list_reached(char kind) {
    std::vector<Reached> all;
    for_each_account(pg::current_installation(), [&](Account& account) {
        pg::check_interrupts();
        const auto reached = account.kind == kind ? reached_of(account) : 0;
        for (int resource = 0; resource < max_resources; ++resource) {
            if ((reached >> resource & 1) != 0) {
                all.push_back({std::string{account.id_view()}, resource});
            }
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
