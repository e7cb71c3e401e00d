// The accounts in shared memory: one per scope, each with its rules and its counters.
//
// Whoever works with an account has it pinned, and whoever looks into it has its lock. Accounts
// that nobody has pinned hold nothing for anybody, and make room for others when memory is used up.
#pragma once

#include "admission/ledger.hpp"
#include "ideamine/pg/arena.hpp"
#include "ideamine/pg/installation.hpp"

extern "C" {
#include "storage/condition_variable.h"
}

#include <functional>

namespace ideamine::admission::shared {

using Offset = pg::Arena::Offset;

// Of one resource in one window; of a gauge there is one for all time.
struct Counter {
    Offset next;  // of its account
    Time window;
    Usage usage;
    // Until when its threshold throttles the account, as reached by a transaction in progress.
    Time throttles_until;
    pg_atomic_uint32 notes;  // of transactions in progress about it; zero is what it starts with
    std::uint8_t resource;
};

struct Account {
    Offset next;  // of its bucket
    std::uint32_t hash;
    pg_atomic_uint32 pins;
    LWLock lock;  // of all that follows but the key
    ConditionVariable was_loaded;
    bool is_loading;
    bool was_used;             // since room was last looked for
    pg_atomic_uint64 changes;  // of its rules
    std::uint64_t loaded_at;   // which of these the rules are; 0: none are loaded
    // Of each resource, by how many transactions in progress, see uncounted_shared.hpp.
    pg_atomic_uint32 uncounted[max_resources];
    int loaded_for;  // the process whose own uncommitted rules these are; -1: everybody's
    Rules rules;
    Time throttled_until;  // for certain
    Offset counters;
    pg::Installation installation;
    std::uint16_t id_length;
    char kind;
    char id[];  // NOLINT: as long as it needs to be

    std::string_view id_view() const { return {id, id_length}; }
    // With its lock.
    Reading read(const Usage& usage, int resource) const;
};

inline const Limits& limits_of(const Account& account, const Counter& counter) {
    return account.rules.limits[counter.resource];
}

// In _PG_init, while the postmaster loads its libraries.
void reserve();
bool is_available();
// Throws ID503 with the configuration line that is missing.
void check_available();

Counter* counter_at(Offset offset);
// With the account's lock. Null: not loaded.
Counter* find_counter(const Account& account, int resource, Time window);
// With the account's lock. What transactions in progress have reached counts.
Time throttled_until(const Account& account);

// Keeps an account where it is. A session that is ended never comes to its destructors: what it has
// pinned is let go when it exits.
class Pin {
  public:
    // Makes it if need be. Throws ID503 if memory is used up by what is in use.
    static Pin get(const pg::Installation& installation, const Scope& scope);
    // Null if there is none.
    static Pin find(const pg::Installation& installation, const Scope& scope);
    static Pin another(Account* account);
    // Before the first of them.
    static void watch_exit();

    ~Pin();
    Pin(Pin&& other) noexcept : Pin(std::exchange(other.account_, nullptr)) {}
    Pin& operator=(Pin&& other) noexcept {
        std::swap(account_, other.account_);
        return *this;
    }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

    Account* get() const { return account_; }
    Account* operator->() const { return account_; }
    Account& operator*() const { return *account_; }
    explicit operator bool() const { return account_ != nullptr; }

  private:
    explicit Pin(Account* account);

    static void let_go_at_exit(int code, Datum unused);

    Account* account_;
    // of all that this process has
    Pin* previous_ = nullptr;
    Pin* next_ = nullptr;
    static constinit Pin* first;
};

inline void pin(Account& account) {
    pg_atomic_fetch_add_u32(&account.pins, 1);
}
inline void unpin(Account& account) {
    pg_atomic_fetch_sub_u32(&account.pins, 1);
}

// Finds an account for a look that is over soon: nothing is made or removed near it meanwhile. No
// call that may fail while it lives.
class Glance {
  public:
    Glance(const pg::Installation& installation, const Scope& scope);
    ~Glance() { LWLockRelease(partition_); }
    Glance(const Glance&) = delete;
    Glance& operator=(const Glance&) = delete;

    Account* get() const { return account_; }  // null if there is none

  private:
    LWLock* partition_;
    Account* account_;
};

// Whoever asks next reads the rules of a scope anew. Can't fail.
void outdate_rules(const pg::Installation& installation, const Scope& scope);

// Holds the lock of one account, or of two.
class AccountLock {
  public:
    explicit AccountLock(Account& account, LWLockMode mode = LW_EXCLUSIVE) : first_(&account.lock) {
        LWLockAcquire(first_, mode);
    }
    AccountLock(Account& one, Account& other)
        : first_(&std::min(&one, &other)->lock),
          second_(&one == &other ? nullptr : &std::max(&one, &other)->lock) {
        LWLockAcquire(first_, LW_EXCLUSIVE);
        if (second_ != nullptr) {
            LWLockAcquire(second_, LW_EXCLUSIVE);
        }
    }
    ~AccountLock() {
        if (second_ != nullptr) {
            LWLockRelease(second_);
        }
        LWLockRelease(first_);
    }
    AccountLock(const AccountLock&) = delete;
    AccountLock& operator=(const AccountLock&) = delete;

  private:
    LWLock* first_;
    LWLock* second_ = nullptr;
};

// A counter for which nobody has any amount yet, not in its account. Throws ID503.
Offset make_counter(int resource, Time window, const Sums& sums);
void drop_counter(Offset counter);
// With the account's lock.
void link_counter(Account& account, Offset counter);
// Takes one out, whatever it says, for drop_counter(). With the account's lock, and only if nobody
// else has the account pinned; 0: there is none.
Offset unlink_counter(Account& account);
// Takes one out of a past window in which nobody has anything any more, for drop_counter(). With
// the account's lock; 0: there is none.
Offset unlink_past_counter(Account& account);

struct Memory {
    std::uint64_t accounts;
    std::uint64_t counters;
};
Memory memory_used();

// Of all accounts of an installation, pinned one after the other.
void for_each_account(const pg::Installation& installation,
                      const std::function<void(Account&)>& visit);

}  // namespace ideamine::admission::shared
