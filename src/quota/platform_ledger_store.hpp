// What the running jobs of all tenants hold together, and may hold: what its counters are loaded
// from.
#pragma once

#include "admission/admission_shared.hpp"

namespace ideamine::quota {

inline constexpr char platform_kind = 'p';
const admission::Ledger& platform_ledger();
admission::shared::Party platform_party();

}  // namespace ideamine::quota
