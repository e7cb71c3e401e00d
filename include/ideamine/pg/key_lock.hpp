// Locks on names, held until the transaction ends. Many names share a lock, so that a transaction
// may lock any number of them; none meets an advisory lock that an application takes.
#pragma once

#include <cstdint>
#include <string_view>

namespace ideamine::pg {

// Keeps names of different things apart.
enum class KeyKind : std::uint16_t { concurrency_key = 1, day_partition, violations };

void lock_key(KeyKind kind, std::string_view first, std::string_view second);
// False if somebody else has it.
bool try_lock_key(KeyKind kind, std::string_view first, std::string_view second);

// Which lock a name has. Who waits for several takes them in the order of these numbers.
std::uint32_t key_lock_number(KeyKind kind, std::string_view first, std::string_view second);

}  // namespace ideamine::pg
