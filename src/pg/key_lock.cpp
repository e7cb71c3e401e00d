#include "ideamine/pg/key_lock.hpp"
#include "ideamine/pg/error.hpp"

extern "C" {
#include "common/hashfn.h"
#include "storage/lock.h"
}

namespace ideamine::pg {

namespace {

std::uint64_t hash(std::string_view text, std::uint64_t seed) {
    return hash_bytes_extended(reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), seed);
}

// So few that a transaction which takes all of them leaves room in the server's table of locks.
constexpr std::uint64_t locks_of_a_kind = 2048;

// The last field tells these from what pg_advisory_lock() takes, which uses 1 and 2 there.
LOCKTAG tag_of(KeyKind kind, std::string_view first, std::string_view second) {
    constexpr std::uint16_t first_own_kind = 0x1d00;
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(
        tag, MyDatabaseId, 0, key_lock_number(kind, first, second),
        static_cast<std::uint16_t>(first_own_kind + static_cast<std::uint16_t>(kind)));
    return tag;
}

LockAcquireResult acquire(LOCKTAG tag, bool wait) {
    return call([&] { return LockAcquire(&tag, ExclusiveLock, false, !wait); });
}

}  // namespace

std::uint32_t key_lock_number(KeyKind kind, std::string_view first, std::string_view second) {
    return static_cast<std::uint32_t>(hash(second, hash(first, static_cast<std::uint16_t>(kind))) %
                                      locks_of_a_kind);
}

void lock_key(KeyKind kind, std::string_view first, std::string_view second) {
    acquire(tag_of(kind, first, second), true);
}

bool try_lock_key(KeyKind kind, std::string_view first, std::string_view second) {
    return acquire(tag_of(kind, first, second), false) != LOCKACQUIRE_NOT_AVAIL;
}

}  // namespace ideamine::pg
