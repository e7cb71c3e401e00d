// What the transactions of this process have taken and given back, until they end.
#pragma once

#include "admission/accounts_shared.hpp"

namespace ideamine::admission::shared {

struct Note {
    enum class Kind : std::uint8_t {
        take,     // held; settled by a commit
        lease,    // held; leased by a commit
        release,  // of what is settled, by a commit
        unlease,  // of what is leased, by a commit
        join,     // a lease that counts in `group` while there is any of its counter's
        leave,    // the same, ended by a commit
    };

    Account* account;
    Counter* counter;
    Account* group = nullptr;  // of a join or leave
    Counter* group_counter = nullptr;
    const Ledger* ledger;  // of the account, or of the group if there is one
    SubTransactionId level = InvalidSubTransactionId;
    Amount amount;
    Amount of_settled = 0;  // of a release, what others have recorded
    Kind kind;
    bool crossed = false;                // it reached what throttles
    bool bursting = false;               // it passed the limit
    Time throttles_until = Time::min();  // if it crossed
};

// A note of what was taken as judged; starts what it throttles. With the account's lock.
Note taken(Account& account, Counter& counter, const Ledger& ledger, Amount amount, Note::Kind kind,
           const Verdict& verdict, Time now);

// Room for so many more, so that add_note() cannot fail. Watches the transaction from now on.
void prepare_notes(std::size_t count);
// With the locks of its accounts. Pins them until the note is settled.
void add_note(Note note);

// Undoes so much of what the latest note about a lease of this resource took. With the account's
// lock.
void take_back(Account& account, int resource, Amount amount);

// What the caller's transaction has taken of a counter, will settle, and has not given back.
Amount own_releasable(const Counter& counter);

// Rules that the caller's transaction has changed: when it ends, they are loaded anew. Until then
// this process judges by its own, and all others by what is committed.
// A transaction that changed rules which others may know cannot be prepared.
void note_changed_rules(const pg::Installation& installation, const Scope& scope, bool were_known);
bool has_changed_rules(const Account& account);

// An account that this process is loading, if that ends in an error.
void note_loading(Account& account);
void note_loaded();

}  // namespace ideamine::admission::shared
