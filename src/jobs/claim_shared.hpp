// What claims share between backends: the incarnation of the epochs, and whose turn it is.
#pragma once

#include "ideamine/pg/installation.hpp"
#include "ideamine/pg/shared_state.hpp"
#include "jobs/lease.hpp"

namespace ideamine::jobs::shared {

using pg::Installation;

// In _PG_init, while the postmaster loads its libraries.
void reserve();

// This database's. Throws ID503 if the library is not preloaded.
Installation current_installation();

// 0 if no lease has been handed out since the server started or was promoted.
Incarnation incarnation(const Installation& installation);
// Never lowers it.
void set_incarnation(const Installation& installation, Incarnation incarnation);

// Which tenant had the last turn in a class, so that the one after it is next, whoever asks. Empty
// at first. A hint, not an account: a transaction that rolls back does not give a turn back.
std::string last_turn(const Installation& installation, int priority_class);
void set_last_turn(const Installation& installation, int priority_class, const std::string& tenant);

}  // namespace ideamine::jobs::shared
