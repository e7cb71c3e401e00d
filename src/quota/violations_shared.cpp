#include "quota/violations_shared.hpp"

#include "ideamine/pg/datum.hpp"
#include "ideamine/pg/shared_state.hpp"
#include "ideamine/pg/transaction_end.hpp"

extern "C" {
#include "common/hashfn.h"
}

namespace ideamine::quota::shared {

namespace {

constexpr std::size_t places = 2048;
// How many places one violation may take, beginning at that of its hash.
constexpr std::size_t choices = 16;

struct Table {
    std::int64_t dropped;
    std::size_t queued_places;
    Queued queued[places];  // free where the count is 0
};

constinit pg::Shared<Table> table{"ideamine violations"};

// What this transaction is writing, and where it was taken from.
struct Taken {
    std::size_t place;
    std::int64_t count;
    Time first_at;
};
std::vector<Taken>& taken() {
    static auto* const taken = new std::vector<Taken>;
    return *taken;
}
constinit SubTransactionId taken_at = InvalidSubTransactionId;

std::size_t first_choice(std::string_view tenant, Resource resource, Action action) {
    const auto seed =
        static_cast<std::uint64_t>(index_of(resource)) * 16 + static_cast<std::uint64_t>(action);
    return hash_bytes_extended(reinterpret_cast<const unsigned char*>(tenant.data()),
                               static_cast<int>(tenant.size()), seed) %
           places;
}

bool is_of(const Queued& queued, const pg::Installation& installation, std::string_view tenant,
           Resource resource, Action action) {
    return queued.count > 0 && queued.installation == installation && queued.resource == resource &&
           queued.action == action && queued.tenant_view() == tenant;
}

// With the lock. Null: all places are taken.
Queued* find_place(const pg::Installation& installation, std::string_view tenant, Resource resource,
                   Action action, Time at) {
    Queued* free = nullptr;
    const auto first = first_choice(tenant, resource, action);
    for (std::size_t i = 0; i < choices; ++i) {
        auto& queued = table.get().queued[(first + i) % places];
        if (at < queued.first_at + repeat_time &&
            is_of(queued, installation, tenant, resource, action)) {
            return &queued;
        }
        if (free == nullptr && queued.count == 0) {
            free = &queued;
        }
    }
    return free;
}

// Most of the time nothing is, which is not worth a walk through all places.
bool is_any_queued() {
    const pg::LockGuard guard{table.lock(), LW_SHARED};
    return table.get().queued_places > 0;
}

void forget_taken(pg::TransactionEvent event) {
    if (!pg::has_ended(event) || taken().empty()) {
        return;
    }
    if (event == pg::TransactionEvent::committed) {
        LWLockAcquire(table.lock(), LW_EXCLUSIVE);
        for (const auto& [place, count, first_at] : taken()) {
            auto& queued = table.get().queued[place];
            if (queued.first_at == first_at && queued.count > 0) {
                queued.count -= std::min(count, queued.count);
                table.get().queued_places -= queued.count == 0 ? 1 : 0;
            }
        }
        LWLockRelease(table.lock());
    }
    taken().clear();
}

// What was written is undone: it is still to be written.
void forget_undone(bool committed, SubTransactionId level, SubTransactionId parent) {
    if (level != taken_at) {
        return;
    }
    if (committed) {
        taken_at = parent;
    } else {
        taken().clear();
    }
}

constinit bool watching = false;

}  // namespace

void reserve_violations() {
    table.reserve();
}

void queue_violation(std::string_view tenant, Resource resource, Action action,
                     const admission::Reading& reading, admission::Amount asked, Time at) noexcept {
    const pg::Installation installation = pg::last_installation();
    const auto overage = overage_of(reading.limits, reading.usage, asked);
    LWLockAcquire(table.lock(), LW_EXCLUSIVE);
    auto* queued = find_place(installation, tenant, resource, action, at);
    if (queued == nullptr) {
        ++table.get().dropped;
    } else {
        const bool is_new = queued->count == 0;
        if (is_new) {
            ++table.get().queued_places;
            *queued = {.installation = installation,
                       .resource = resource,
                       .action = action,
                       .asked = 0,
                       .used = 0,
                       .limit = 0,
                       .overage = -1,
                       .window_start = reading.window_start,
                       .first_at = at,
                       .last_at = at,
                       .count = 0,
                       .tenant_length = static_cast<std::uint16_t>(tenant.size()),
                       .tenant = {}};
            std::memcpy(queued->tenant, tenant.data(), tenant.size());
        }
        if (overage > queued->overage) {
            queued->overage = overage;
            queued->asked = asked;
            queued->used = in_use(reading.usage);
            queued->limit = reading.limits.limit;
        }
        queued->last_at = std::max(queued->last_at, at);
        ++queued->count;
    }
    LWLockRelease(table.lock());
}

std::vector<Queued> take_violations() {
    table.check_available();
    if (!is_any_queued()) {
        return {};
    }
    if (!watching) {
        pg::at_transaction_events(pg::AtEnd::settle, forget_taken);
        pg::at_subtransaction_end(forget_undone);
        watching = true;
    }
    const auto installation = pg::current_installation();
    std::vector<Queued> copies;
    if (!taken().empty()) {
        return copies;
    }
    taken_at = GetCurrentSubTransactionId();
    copies.reserve(places);
    taken().reserve(places);
    const pg::LockGuard guard{table.lock()};
    for (std::size_t place = 0; place < places; ++place) {
        const auto& queued = table.get().queued[place];
        if (queued.count > 0 && queued.installation == installation) {
            copies.push_back(queued);
            taken().push_back({place, queued.count, queued.first_at});
        }
    }
    return copies;
}

Time last_queued(std::string_view tenant, Resource resource, Action action) {
    table.check_available();
    const auto installation = pg::current_installation();
    const auto first = first_choice(tenant, resource, action);
    auto last = Time::min();
    const pg::LockGuard guard{table.lock(), LW_SHARED};
    for (std::size_t i = 0; i < choices; ++i) {
        const auto& queued = table.get().queued[(first + i) % places];
        if (is_of(queued, installation, tenant, resource, action)) {
            last = std::max(last, queued.last_at);
        }
    }
    return last;
}

std::int64_t dropped_violations() {
    table.check_available();
    const pg::LockGuard guard{table.lock(), LW_SHARED};
    return table.get().dropped;
}

}  // namespace ideamine::quota::shared
