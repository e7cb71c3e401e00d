// What a transaction writes and nobody counts, because nobody wanted to know of it when it began.
//
// Who loads a counter would not find it in the tables yet, and its end would not be counted. So
// counters of such resources are loaded when those transactions have ended.
#pragma once

#include "admission/accounts_shared.hpp"
#include "admission/admission_shared.hpp"

namespace ideamine::admission::shared {

// The rules of a scope. The caller's transaction may write what belongs to resources of it (bit n:
// resource n) that these do not keep, until it ends. Cannot be prepared then.
Rules rules_leaving_uncounted(const Party& party, std::uint8_t resources);

// Waits for all others that do so. Throws ID409 if the caller's own transaction does, ID503 if it
// takes too long.
void wait_for_uncounted(const Account& account, int resource, Time give_up_at);

}  // namespace ideamine::admission::shared
