// Admission: may so much be taken, and taking it.
//
// Counters are in shared memory, exact at every moment: what is taken counts at once, and is given
// back if the caller's transaction, or its savepoint, rolls back. The durable record is the
// caller's to write, in the same transaction. A counter that is not in memory is loaded from its
// ledger by whoever needs it first; all others wait. All functions throw ID503 if the library is
// not preloaded, if memory is used up, or if loading takes longer than
// ideamine.counter_load_timeout.
#pragma once

#include <span>
#include <vector>

#include "admission/ledger.hpp"
#include "ideamine/pg/datum.hpp"
#include "ideamine/pg/installation.hpp"

namespace ideamine::admission::shared {

// In _PG_init, while the postmaster loads its libraries.
void reserve();
// Whether the library is preloaded.
bool is_available();

// A scope with where its truth stands.
struct Party {
    const Ledger* ledger;
    Scope scope;
};

// The rules of a scope. On a standby they are read from the ledger each time.
Rules rules(const Party& party);

// How a counter stands. On a standby it is read from the ledger each time.
Reading read(const Party& party, int resource, Time now = pg::now());

// The same, if it is in memory: never fails, and may be asked while another lock is held.
std::optional<Reading> read_loaded(const Party& party, int resource, Time now);

struct Ask {
    Party party;
    int resource;
    Amount amount;  // above 0
    // Only if this window has not passed: otherwise nothing is asked for.
    std::optional<Time> window = {};
    // So much of what live leases hold is going to be free: it counts for everybody else until it
    // is, and not against this.
    Amount credit = 0;
};

enum class Throttling { honoured, ignored };
// Where what is taken belongs when it is committed.
enum class Purpose { usage, lease };

struct Answer {
    Verdict verdict;
    Reading reading;  // with what was taken, if it was
};

// Takes all of it or nothing: nothing if one verdict, each by itself, is a refusal. Counters are
// asked for once each.
std::vector<Answer> admit(std::span<const Ask> asks, Throttling throttling, Purpose purpose);

// Takes as much of it as fits under the limit, burst apart. Returns how much.
Amount admit_some(const Ask& ask, Throttling throttling, Purpose purpose);

// Takes all of it whatever the limits say, at one moment. Throws ID400 if a sum would be more than
// can be counted, and takes nothing then.
std::vector<Answer> take(std::span<const Ask> asks, Purpose purpose);
Answer take(const Ask& ask, Purpose purpose);

// Gives back up to so much of what was recorded, or is going to be by this transaction. It counts
// until the transaction commits. Returns how much.
Amount release(const Ask& ask);

// The rules of a scope were changed by the caller's transaction: it judges by them from now on, and
// everybody when it has committed.
void rules_changed(const Scope& scope);
// The same for a scope that is new: nobody else knows it before, so that the caller's transaction
// may be prepared.
void rules_made(const Scope& scope);
// Whoever asks next reads the rules of a scope anew, though nobody said that they were changed.
void read_rules_anew(const Scope& scope);

}  // namespace ideamine::admission::shared
