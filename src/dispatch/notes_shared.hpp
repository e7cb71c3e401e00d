// What the transaction of this process has published and taken, until it ends.
#pragma once

#include "dispatch/planes_shared.hpp"
#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::dispatch::shared {

struct Published {
    Offset queue;
    Offset chunk;  // 0: there was no room
    SubTransactionId level;
};

struct InHand {
    enum class Fate : std::uint8_t {
        comes_back,
        kept,     // comes back if the transaction rolls back
        dropped,  // the same: the transaction may have seen what it has done itself
        spent,    // it is somewhere else by now, or never was
    };

    Item item;
    Offset queue;
    std::uint8_t served_as;  // see Taken
    SubTransactionId level;
    Fate fate;
    // Published by this transaction itself, which nobody else knows of: at which level.
    SubTransactionId published_at = InvalidSubTransactionId;
};

// What is to be known of a tenant.
struct Charge {
    std::string tenant;
    std::uint32_t hash;
    std::uint8_t priority_class;
    Duration busy;
    SubTransactionId level;
};
struct Weight {
    std::string tenant;
    std::uint32_t hash;
    std::uint32_t weight;
    SubTransactionId level;
};

// A lease that the transaction has begun, or ended.
struct LeaseNote {
    Uuid job;
    std::int64_t epoch;
    TransactionId transaction = InvalidTransactionId;  // that began it
    SubTransactionId level = InvalidSubTransactionId;
};

// Of one that lasts.
struct LeaseChangeNote {
    Uuid job;
    std::int64_t epoch;
    LeaseChange change;
    std::uint64_t number;  // in the order in which their rows were locked
    SubTransactionId level;
};

struct Notes {
    std::optional<Use> use;
    std::vector<Published> published;
    std::vector<InHand> taken;
    std::vector<Charge> charges;
    std::vector<Weight> weights;
    std::vector<LeaseNote> begun_leases;
    std::vector<LeaseNote> ended_leases;
    std::vector<LeaseChangeNote> changed_leases;
    bool has_missed = false;  // something was published that could not be noted
    bool loads_anew = false;  // whoever comes next is to load
    bool is_loading = false;
    bool has_unlisted_leases = false;  // there was no room for some that it has begun
    SubTransactionId loaded_at = InvalidSubTransactionId;  // its latest level that has loaded
};

// From this one on: all of it comes back, or all that is not kept. The transaction goes on.
void undo_taking(Notes& notes, std::size_t first);
void give_back_rest(Notes& notes, std::size_t first);

// Of the caller's transaction, in this database. Watches the transaction from now on.
Notes& notes();

}  // namespace ideamine::dispatch::shared
