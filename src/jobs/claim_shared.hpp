// What claims share between backends: the incarnation of the epochs.
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

}  // namespace ideamine::jobs::shared
