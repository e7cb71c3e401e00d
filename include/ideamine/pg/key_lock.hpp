// Locks on names, held until the transaction ends. Two names may share a lock; none of them meets
// an advisory lock that an application takes.
#pragma once

#include <cstdint>
#include <string_view>

namespace ideamine::pg {

// `kind` keeps names of different things apart.
void lock_key(std::uint16_t kind, std::string_view first, std::string_view second);
// False if somebody else has it.
bool try_lock_key(std::uint16_t kind, std::string_view first, std::string_view second);

}  // namespace ideamine::pg
