// Chance, from the server: for ids, which must not be guessable into each other, and for jitter.
#pragma once

#include "ideamine/uuid.hpp"

namespace ideamine::pg {

// A new id of version 7; ids made by one backend strictly increase.
Uuid make_uuid();
// Uniform in [0, 1).
double random_unit();

}  // namespace ideamine::pg
