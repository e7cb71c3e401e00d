// numeric on its way to whole numbers of a smaller unit, and back, without losing a digit.
#pragma once

#include "ideamine/pg/datum.hpp"

namespace ideamine::pg {

// A numeric, read by the functions below.
struct Decimal {
    Datum datum;
};

template <>
struct Type<Decimal> {
    static constexpr Oid oid = NUMERICOID;
    static constexpr Oid array_oid = NUMERICARRAYOID;
    static Datum put(Decimal value) { return value.datum; }
    static Decimal get(Datum datum) { return {datum}; }
};

// A whole number of units, each 10 to the power of -digits; the largest one stands for infinity.
struct Units {
    std::int64_t count;
    int digits;
};
inline constexpr std::int64_t infinite_units = std::numeric_limits<std::int64_t>::max();

template <>
struct Type<Units> {
    static constexpr Oid oid = NUMERICOID;
    static constexpr Oid array_oid = NUMERICARRAYOID;
    static Datum put(const Units& units);
};

enum class Rounding { up, none };
// Throws ID400, naming `what`, if it is NaN or does not fit; where nothing may be rounded, if it
// has more digits. Infinity becomes infinite_units if that is allowed.
std::int64_t to_units(std::string_view what, Decimal value, int digits, Rounding rounding,
                      bool may_be_infinite);

// Less than 0, 0 or more than 0, as the value is less than the number, equal, or more; NaN is more.
int compare(Decimal value, std::int64_t number);
int compare(Decimal one, Decimal other);

// As a JSON number says it.
Decimal parse_decimal(const std::string& text);

}  // namespace ideamine::pg
