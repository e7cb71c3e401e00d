#include "ideamine/pg/numeric.hpp"

#include "pg/short_numeric.hpp"

namespace ideamine::pg {

namespace {

Numeric as_server_has_it(Decimal value) {
    return DatumGetNumeric(value.datum);
}

bool is_less(Datum a, Datum b) {
    return DatumGetBool(DirectFunctionCall2(numeric_lt, a, b));
}

// Those that fit into 64 bits, the one that stands for infinity apart.
bool fits(Datum value) {
    const auto most = NumericGetDatum(int64_to_numeric(infinite_units));
    const auto least = NumericGetDatum(int64_to_numeric(-infinite_units));
    return is_less(value, most) && is_less(least, value);
}

[[noreturn]] void throw_unusable(std::string_view what, const char* why) {
    throw ideamine::Error(Code::invalid_argument, std::string{what} + " " + why);
}

enum class Found { value, too_large, too_fine };
struct Scaled {
    Found found;
    std::int64_t count;
};

Scaled scale(Decimal value, int digits, Rounding rounding) {
    Datum scaled = value.datum;
    if (digits > 0) {
        scaled = DirectFunctionCall2(
            numeric_mul, scaled,
            NumericGetDatum(int64_to_numeric(powers_of_ten[static_cast<std::size_t>(digits)])));
    }
    const Datum whole = DirectFunctionCall1(numeric_ceil, scaled);
    if (!fits(whole)) {
        return {Found::too_large, 0};
    }
    if (rounding == Rounding::none &&
        !DatumGetBool(DirectFunctionCall2(numeric_eq, whole, scaled))) {
        return {Found::too_fine, 0};
    }
    return {Found::value, DatumGetInt64(DirectFunctionCall1(numeric_int8, whole))};
}

}  // namespace

Datum Type<Units>::put(const Units& units) {
    if (units.count == infinite_units) {
        return DirectFunctionCall3(numeric_in, CStringGetDatum("infinity"),
                                   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
    }
    // the same without the server's division, which takes most of the time
    const auto unit = powers_of_ten[static_cast<std::size_t>(units.digits)];
    if (units.count % unit == 0) {
        return NumericGetDatum(int64_to_numeric(units.count / unit));
    }
    return DirectFunctionCall1(
        numeric_trim_scale, NumericGetDatum(int64_div_fast_to_numeric(units.count, units.digits)));
}

std::int64_t to_units(std::string_view what, Decimal value, int digits, Rounding rounding,
                      bool may_be_infinite) {
    if (const auto scaled = scale_short(value.datum, digits)) {
        return *scaled;
    }
    if (numeric_is_nan(as_server_has_it(value))) {
        throw_unusable(what, "must be a number");
    }
    if (numeric_is_inf(as_server_has_it(value))) {
        const bool is_negative =
            call([value] { return is_less(value.datum, NumericGetDatum(int64_to_numeric(0))); });
        if (!may_be_infinite || is_negative) {
            throw_unusable(what, "must be finite");
        }
        return infinite_units;
    }
    const auto scaled = call([=] { return scale(value, digits, rounding); });
    if (scaled.found == Found::too_large) {
        throw_unusable(what, "is too large");
    }
    if (scaled.found == Found::too_fine) {
        throw_unusable(what, "has too many decimal places");
    }
    return scaled.count;
}

int compare(Decimal value, std::int64_t number) {
    return call([=] {
        return DatumGetInt32(DirectFunctionCall2(numeric_cmp, value.datum,
                                                 NumericGetDatum(int64_to_numeric(number))));
    });
}

int compare(Decimal one, Decimal other) {
    return call(
        [=] { return DatumGetInt32(DirectFunctionCall2(numeric_cmp, one.datum, other.datum)); });
}

Decimal parse_decimal(const std::string& text) {
    return {call([&text] {
        return DirectFunctionCall3(numeric_in, CStringGetDatum(text.c_str()),
                                   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
    })};
}

}  // namespace ideamine::pg
