// Ids of jobs, runs and workers: UUIDs of version 7 (RFC 9562), ordered by the time they were made.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ideamine/clock.hpp"

namespace ideamine {

struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const Uuid&) const = default;
};

// The usual form in lower case: 8-4-4-4-12 hexadecimal digits.
std::string to_string(const Uuid& uuid);

// Accepts only the form that to_string() gives, in either case, and any version; nothing for any
// other text.
std::optional<Uuid> parse_uuid(std::string_view text);

// The smallest version 7 UUID that can be made at that time: a bound for range scans over ids.
// Version 7 holds the years 1970 to 10889; a time outside of them counts as the nearest one within.
Uuid first_uuid_at(Time at);

// The next one in order; the last one is its own.
Uuid successor(Uuid uuid);

// Makes ids that strictly increase, also within a millisecond and when the clock steps back: the
// twelve bits after the version hold a fraction of the millisecond (RFC 9562, 6.2, method 3). An id
// that cannot have its own time, because that was used or has passed, gets the next free one:
// 1/4096 ms after the last.
class UuidSource {
  public:
    using Random = std::array<std::uint8_t, 8>;

    // `random`: 64 fresh random bits, of which 62 are used. They keep the ids of different sources
    // apart, so that each process can have its own. Throws std::overflow_error when the last tick
    // of the year 10889 is used up.
    Uuid next(Time now, const Random& random);

  private:
    std::uint64_t last_tick_ = 0;  // in 1/4096 ms since 1970; 0: none made yet
};

}  // namespace ideamine

template <>
struct std::hash<ideamine::Uuid> {
    std::size_t operator()(const ideamine::Uuid& uuid) const noexcept;
};
