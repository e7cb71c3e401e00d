#include "admission/accounts_shared.hpp"

#include "admission/admission_settings.hpp"
#include "ideamine/pg/datum.hpp"

extern "C" {
#include "common/hashfn.h"
}

namespace ideamine::admission::shared {

namespace {

constexpr std::uint32_t partition_count = 128;
// Of memory per account, about: what decides how many buckets there are.
constexpr std::size_t memory_per_bucket = 512;

struct Directory {
    pg_atomic_uint64 accounts;
    pg_atomic_uint64 counters;
    pg_atomic_uint32 hand;  // the bucket at which room is looked for next
    Offset bucket[];        // NOLINT: as many as there are
};

class DirectoryArea : public pg::SharedArea {
  public:
    constexpr DirectoryArea() : SharedArea("ideamine account table", 0, partition_count) {}

    void reserve(std::uint32_t buckets) {
        buckets_ = buckets;
        SharedArea::reserve(sizeof(Directory) + buckets * sizeof(Offset));
    }
    std::uint32_t buckets() const { return buckets_; }
    Directory& get() const { return *static_cast<Directory*>(memory()); }

  private:
    std::uint32_t buckets_ = 0;  // the same in all processes
};

constinit DirectoryArea directory_area;
constinit pg::Arena arena{"ideamine accounts"};

LWLock* partition_of(std::uint32_t hash) {
    return directory_area.lock(static_cast<int>(hash % partition_count));
}

// A bucket lies in one partition, because their number is a multiple of that of the partitions.
Offset& bucket_of(std::uint32_t hash) {
    return directory_area.get().bucket[hash % directory_area.buckets()];
}

Account* account_at(Offset offset) {
    return static_cast<Account*>(arena.address(offset));
}

struct Key {
    pg::Installation installation;
    Scope scope;
    std::uint32_t hash;

    Key(const pg::Installation& installed, const Scope& of)
        : installation(installed),
          scope(of),
          hash(hash_bytes(reinterpret_cast<const unsigned char*>(of.id.data()),
                          static_cast<int>(of.id.size())) ^
               hash_bytes_uint32(installed.schema ^ static_cast<std::uint32_t>(of.kind) << 24)) {}

    bool fits(const Account& account) const {
        return account.hash == hash && account.kind == scope.kind &&
               account.installation == installation && account.id_view() == scope.id;
    }
};

// With the lock of its partition.
Account* find(const Key& key) {
    for (auto offset = bucket_of(key.hash); offset != 0;) {
        auto* account = account_at(offset);
        if (key.fits(*account)) {
            return account;
        }
        offset = account->next;
    }
    return nullptr;
}

// Accounts taken out of their buckets, linked by `next`.
void free_account(Offset offset) {
    for (auto counter = account_at(offset)->counters; counter != 0;) {
        const auto next = counter_at(counter)->next;
        drop_counter(counter);
        counter = next;
    }
    arena.free(offset);
    pg_atomic_fetch_sub_u64(&directory_area.get().accounts, 1);
}

// When a burst began is known here only: who loads the account finds it spent.
bool has_burst_left(const Account& account, Time now) {
    for (auto offset = account.counters; offset != 0; offset = counter_at(offset)->next) {
        const auto& counter = *counter_at(offset);
        const auto since = counter.usage.burst_since;
        const auto time = account.rules.limits[counter.resource].burst_time;
        if (since != Time::min() && since != Time::max() && now < saturating_add(since, time)) {
            return true;
        }
    }
    return false;
}

// Takes the accounts of a bucket out that nobody has pinned, and that nobody used since the last
// time.
Offset unlink_idle(std::uint32_t bucket, bool even_bursting) {
    const auto now = pg::now();
    Offset taken = 0;
    LWLockAcquire(partition_of(bucket), LW_EXCLUSIVE);
    for (auto* link = &bucket_of(bucket); *link != 0;) {
        auto* account = account_at(*link);
        if (pg_atomic_read_u32(&account->pins) == 0 && !std::exchange(account->was_used, false) &&
            (even_bursting || !has_burst_left(*account, now))) {
            const auto next = std::exchange(account->next, taken);
            taken = std::exchange(*link, next);
        } else {
            link = &account->next;
        }
    }
    LWLockRelease(partition_of(bucket));
    return taken;
}

void free_all(Offset taken) {
    while (taken != 0) {
        const auto next = account_at(taken)->next;
        free_account(taken);
        taken = next;
    }
}

// Three times round at most: the first time an account may have been used, and the second time be
// in a burst. False: nothing was freed.
bool make_room() {
    constexpr std::uint32_t least_buckets = 1024;
    auto& directory = directory_area.get();
    const auto before = pg_atomic_read_u64(&directory.accounts);
    const auto buckets = directory_area.buckets();
    for (std::uint32_t i = 0; i < 3 * buckets; ++i) {
        if (i >= least_buckets && pg_atomic_read_u64(&directory.accounts) < before) {
            return true;
        }
        pg::check_interrupts();
        const auto bucket = pg_atomic_fetch_add_u32(&directory.hand, 1) % buckets;
        free_all(unlink_idle(bucket, i >= 2 * buckets));
    }
    return pg_atomic_read_u64(&directory.accounts) < before;
}

Offset allocate(std::size_t size) {
    for (;;) {
        if (const auto offset = arena.allocate(size); offset != 0) {
            return offset;
        }
        if (!make_room()) {
            throw Error(Code::unavailable, "the memory for counters is used up",
                        "All of it is in use by transactions in progress.",
                        "Raise ideamine.counter_memory in postgresql.conf and restart the server.");
        }
    }
}

Offset make_account(const Key& key) {
    const auto offset = allocate(sizeof(Account) + key.scope.id.size());
    auto* account = new (arena.address(offset)) Account{};
    account->hash = key.hash;
    account->was_used = true;
    account->loaded_for = -1;
    account->throttled_until = Time::min();
    account->installation = key.installation;
    account->kind = key.scope.kind;
    account->id_length = static_cast<std::uint16_t>(key.scope.id.size());
    std::memcpy(account->id, key.scope.id.data(), key.scope.id.size());
    pg_atomic_init_u32(&account->pins, 0);
    pg_atomic_init_u64(&account->changes, 1);
    for (auto& uncounted : account->uncounted) {
        pg_atomic_init_u32(&uncounted, 0);
    }
    LWLockInitialize(&account->lock, arena.tranche());
    ConditionVariableInit(&account->was_loaded);
    return offset;
}

}  // namespace

void reserve() {
    const auto memory = counter_memory();
    const auto buckets = std::max<std::size_t>(memory / memory_per_bucket / partition_count, 1);
    directory_area.reserve(static_cast<std::uint32_t>(buckets * partition_count));
    arena.reserve(memory);
}

bool is_available() {
    return arena.available();
}

void check_available() {
    arena.check_available();
}

Counter* counter_at(Offset offset) {
    return static_cast<Counter*>(arena.address(offset));
}

Counter* find_counter(const Account& account, int resource, Time window) {
    for (auto offset = account.counters; offset != 0;) {
        auto* counter = counter_at(offset);
        if (counter->resource == resource && counter->window == window) {
            return counter;
        }
        offset = counter->next;
    }
    return nullptr;
}

Time throttled_until(const Account& account) {
    if (!account.rules.throttles) {
        return Time::min();
    }
    auto until = account.throttled_until;
    for (auto offset = account.counters; offset != 0; offset = counter_at(offset)->next) {
        until = std::max(until, counter_at(offset)->throttles_until);
    }
    return until;
}

Reading Account::read(const Usage& usage, int resource) const {
    return {.limits = rules.limits[static_cast<std::size_t>(resource)],
            .usage = usage,
            .window_start = rules.window_start,
            .window_end = rules.window_end,
            .long_window_start = rules.long_window_start,
            .throttled_until = shared::throttled_until(*this),
            .exists = rules.exists};
}

Pin Pin::get(const pg::Installation& installation, const Scope& scope) {
    check_available();
    watch_exit();
    const Key key{installation, scope};
    if (auto found = find(installation, scope)) {
        return found;
    }
    const auto made = make_account(key);
    LWLockAcquire(partition_of(key.hash), LW_EXCLUSIVE);
    auto* account = shared::find(key);
    const bool is_new = account == nullptr;
    if (is_new) {
        account = account_at(made);
        account->next = std::exchange(bucket_of(key.hash), made);
    }
    pin(*account);
    LWLockRelease(partition_of(key.hash));
    pg_atomic_fetch_add_u64(&directory_area.get().accounts, 1);
    Pin pinned{account};
    if (!is_new) {
        free_account(made);
    }
    return pinned;
}

Pin Pin::find(const pg::Installation& installation, const Scope& scope) {
    const Glance glance{installation, scope};
    if (glance.get() != nullptr) {
        pin(*glance.get());
    }
    return Pin{glance.get()};
}

Pin Pin::another(Account* account) {
    pin(*account);
    return Pin{account};
}

constinit Pin* Pin::first = nullptr;

Pin::Pin(Account* account) : account_(account), next_(first) {
    first = this;
    if (next_ != nullptr) {
        next_->previous_ = this;
    }
}

Pin::~Pin() {
    (previous_ == nullptr ? first : previous_->next_) = next_;
    if (next_ != nullptr) {
        next_->previous_ = previous_;
    }
    if (account_ != nullptr) {
        unpin(*account_);
    }
}

void Pin::let_go_at_exit(int, Datum) {
    for (auto* pin = first; pin != nullptr; pin = pin->next_) {
        if (auto* account = std::exchange(pin->account_, nullptr)) {
            unpin(*account);
        }
    }
}

void Pin::watch_exit() {
    static constinit bool watching = false;
    if (!watching) {
        pg::call([] { before_shmem_exit(let_go_at_exit, Datum{0}); });
        watching = true;
    }
}

Glance::Glance(const pg::Installation& installation, const Scope& scope) {
    const Key key{installation, scope};
    partition_ = partition_of(key.hash);
    LWLockAcquire(partition_, LW_SHARED);
    account_ = find(key);
}

void outdate_rules(const pg::Installation& installation, const Scope& scope) {
    const Glance glance{installation, scope};
    if (glance.get() != nullptr) {
        pg_atomic_fetch_add_u64(&glance.get()->changes, 1);
    }
}

Offset make_counter(int resource, Time window, const Sums& sums) {
    const auto offset = allocate(sizeof(Counter));
    new (arena.address(offset)) Counter{
        .next = 0,
        .window = window,
        .usage = {.settled = sums.settled, .leased = sums.leased},
        .throttles_until = Time::min(),
        .notes = {},
        .resource = static_cast<std::uint8_t>(resource),
    };
    pg_atomic_fetch_add_u64(&directory_area.get().counters, 1);
    return offset;
}

void drop_counter(Offset counter) {
    arena.free(counter);
    pg_atomic_fetch_sub_u64(&directory_area.get().counters, 1);
}

void link_counter(Account& account, Offset counter) {
    counter_at(counter)->next = std::exchange(account.counters, counter);
}

Offset unlink_counter(Account& account) {
    return account.counters == 0
               ? 0
               : std::exchange(account.counters, counter_at(account.counters)->next);
}

Offset unlink_past_counter(Account& account) {
    for (auto* link = &account.counters; *link != 0; link = &counter_at(*link)->next) {
        const auto* counter = counter_at(*link);
        const bool is_past = counter->window != account.rules.window_of(counter->resource);
        if (is_past && pg_atomic_read_u32(&counter_at(*link)->notes) == 0) {
            return std::exchange(*link, counter->next);
        }
    }
    return 0;
}

Memory memory_used() {
    check_available();
    auto& directory = directory_area.get();
    return {.accounts = pg_atomic_read_u64(&directory.accounts),
            .counters = pg_atomic_read_u64(&directory.counters)};
}

void for_each_account(const pg::Installation& installation,
                      const std::function<void(Account&)>& visit) {
    check_available();
    Pin::watch_exit();
    std::vector<Pin> pins;
    for (std::uint32_t bucket = 0; bucket < directory_area.buckets(); ++bucket) {
        pins.clear();
        pins.reserve(64);
        LWLockAcquire(partition_of(bucket), LW_SHARED);
        for (auto offset = bucket_of(bucket); offset != 0 && pins.size() < pins.capacity();
             offset = account_at(offset)->next) {
            auto* account = account_at(offset);
            if (account->installation == installation) {
                pins.push_back(Pin::another(account));
            }
        }
        LWLockRelease(partition_of(bucket));
        for (const auto& account : pins) {
            visit(*account);
        }
    }
}

}  // namespace ideamine::admission::shared
