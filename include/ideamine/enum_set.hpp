// A set of the enumerators of a small enumeration, whose values count from 0 and are below 8.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>

namespace ideamine {

template <typename Enum>
class EnumSet {
  public:
    // From one member to the next, in the order of the enumeration.
    class Iterator {
      public:
        constexpr explicit Iterator(unsigned bits) : bits_(bits) {}
        constexpr Enum operator*() const { return static_cast<Enum>(std::countr_zero(bits_)); }
        constexpr Iterator& operator++() {
            bits_ &= bits_ - 1;
            return *this;
        }
        constexpr bool operator==(const Iterator&) const = default;

      private:
        unsigned bits_;
    };

    constexpr EnumSet() = default;
    constexpr EnumSet(std::initializer_list<Enum> members) {
        for (const auto member : members) {
            insert(member);
        }
    }

    // As it is kept in a table or in shared memory: bit n is the enumerator of value n.
    static constexpr EnumSet from_bits(std::uint8_t bits) {
        EnumSet set;
        set.bits_ = bits;
        return set;
    }
    constexpr std::uint8_t bits() const { return bits_; }

    constexpr bool contains(Enum member) const { return (bits_ & bit(member)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr void insert(Enum member) { bits_ |= bit(member); }

    constexpr EnumSet operator|(EnumSet other) const { return from_bits(bits_ | other.bits_); }
    constexpr EnumSet operator-(EnumSet other) const {
        return from_bits(static_cast<std::uint8_t>(bits_ & ~other.bits_));
    }
    constexpr bool operator==(const EnumSet&) const = default;

    constexpr Iterator begin() const { return Iterator{bits_}; }
    constexpr Iterator end() const { return Iterator{0}; }

  private:
    static constexpr std::uint8_t bit(Enum member) {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(member));
    }

    std::uint8_t bits_ = 0;
};

}  // namespace ideamine
