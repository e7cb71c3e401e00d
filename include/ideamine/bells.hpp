// What the background worker of a database is called for, at once and not when it would look next.
#pragma once

#include <array>
#include <cstdint>

namespace ideamine {

enum class Bell : std::uint8_t {
    budgets,   // spending has reached a threshold, or a budget was changed
    closings,  // running jobs are to give way, or waiting ones may come back
    room,      // a job of a high class found no room
    freed,     // resources came free, or classes open: who has given way may come back
};

inline constexpr std::array<Bell, 4> all_bells{Bell::budgets, Bell::closings, Bell::room,
                                               Bell::freed};

class Bells {
  public:
    constexpr Bells() = default;
    constexpr explicit Bells(std::uint32_t bits) : bits_(bits) {}

    constexpr void add(Bell bell) { bits_ |= bit_of(bell); }
    constexpr void remove(Bell bell) { bits_ &= ~bit_of(bell); }
    constexpr bool has(Bell bell) const { return (bits_ & bit_of(bell)) != 0; }
    constexpr bool any() const { return bits_ != 0; }
    constexpr std::uint32_t bits() const { return bits_; }

  private:
    static constexpr std::uint32_t bit_of(Bell bell) {
        return std::uint32_t{1} << static_cast<int>(bell);
    }

    std::uint32_t bits_ = 0;
};

constexpr const char* to_string(Bell bell) {
    switch (bell) {
        case Bell::budgets:
            return "budgets";
        case Bell::closings:
            return "closings";
        case Bell::room:
            return "room";
        case Bell::freed:
            return "freed";
    }
    return "";
}

}  // namespace ideamine
