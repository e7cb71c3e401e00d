// Values on their way between C++ and the server.
//
// Type<T> says how a C++ type looks to SQL. Its put() allocates in the current memory context and
// may raise a server error, so it is called inside pg::call() only; get() never raises.
#pragma once

#include "ideamine/clock.hpp"
#include "ideamine/pg/error.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::pg {

// A value that passes through unread, such as a payload: only the server knows how to read it.
struct Json {
    Datum datum;
};

// Where a row version stands: valid in the statement or, while the row is locked, in the
// transaction that read it.
using Tid = ItemPointerData;

// Time of the server's wall clock, not of the transaction.
Time now();
// The ends of C++'s range stand for -infinity and infinity.
TimestampTz to_timestamptz(Time time);
Time from_timestamptz(TimestampTz timestamp);
// A month counts 30 days and a day 24 hours, as the server does when it compares intervals.
// Throws ID400, naming `what`, if it does not fit or is infinite.
Duration to_duration(std::string_view what, const Interval& interval);

// Detoasts a varlena value if need be.
std::string_view text_view(Datum datum);
std::size_t toasted_size(Datum datum);

template <typename T>
struct Type;

template <>
struct Type<bool> {
    static constexpr Oid oid = BOOLOID;
    static constexpr Oid array_oid = BOOLARRAYOID;
    static Datum put(bool value) { return BoolGetDatum(value); }
    static bool get(Datum datum) { return DatumGetBool(datum); }
};

template <>
struct Type<std::int32_t> {
    static constexpr Oid oid = INT4OID;
    static constexpr Oid array_oid = INT4ARRAYOID;
    static Datum put(std::int32_t value) { return Int32GetDatum(value); }
    static std::int32_t get(Datum datum) { return DatumGetInt32(datum); }
};

template <>
struct Type<std::int64_t> {
    static constexpr Oid oid = INT8OID;
    static constexpr Oid array_oid = INT8ARRAYOID;
    static Datum put(std::int64_t value) { return Int64GetDatum(value); }
    static std::int64_t get(Datum datum) { return DatumGetInt64(datum); }
};

template <>
struct Type<double> {
    static constexpr Oid oid = FLOAT8OID;
    static constexpr Oid array_oid = FLOAT8ARRAYOID;
    static Datum put(double value) { return Float8GetDatum(value); }
    static double get(Datum datum) { return DatumGetFloat8(datum); }
};

template <>
struct Type<std::string_view> {
    static constexpr Oid oid = TEXTOID;
    static constexpr Oid array_oid = TEXTARRAYOID;
    static Datum put(std::string_view value) {
        return PointerGetDatum(
            cstring_to_text_with_len(value.data(), static_cast<int>(value.size())));
    }
    static std::string_view get(Datum datum) { return text_view(datum); }
};

template <>
struct Type<std::string> : Type<std::string_view> {
    static std::string get(Datum datum) { return std::string{text_view(datum)}; }
};

template <>
struct Type<const char*> : Type<std::string_view> {};

template <>
struct Type<Uuid> {
    static constexpr Oid oid = UUIDOID;
    static constexpr Oid array_oid = UUIDARRAYOID;
    static Datum put(const Uuid& value);
    static Uuid get(Datum datum);
};

template <>
struct Type<Time> {
    static constexpr Oid oid = TIMESTAMPTZOID;
    static constexpr Oid array_oid = TIMESTAMPTZARRAYOID;
    static Datum put(Time value) { return TimestampTzGetDatum(to_timestamptz(value)); }
    static Time get(Datum datum) { return from_timestamptz(DatumGetTimestampTz(datum)); }
};

template <>
struct Type<Duration> {
    static constexpr Oid oid = INTERVALOID;
    static constexpr Oid array_oid = INTERVALARRAYOID;
    static Datum put(Duration value);
    static Duration get(Datum datum) { return to_duration("interval", *DatumGetIntervalP(datum)); }
};

template <>
struct Type<Tid> {
    static constexpr Oid oid = TIDOID;
    static constexpr Oid array_oid = TIDARRAYOID;
    static Datum put(const Tid& value);
    static Tid get(Datum datum) { return *reinterpret_cast<Tid*>(DatumGetPointer(datum)); }
};

template <>
struct Type<Json> {
    static constexpr Oid oid = JSONBOID;
    static constexpr Oid array_oid = JSONBARRAYOID;
    static Datum put(Json value) { return value.datum; }
    static Json get(Datum datum) { return {datum}; }
};

namespace detail {

Datum make_array(Oid element, const Datum* values, const bool* nulls, std::size_t count);
struct ArrayElements {
    Datum* values;
    bool* nulls;
    int count;
};
ArrayElements take_array(Oid element, Datum array);

}  // namespace detail

// std::optional<T>: a value that may be NULL.
template <typename T>
struct Nullable {
    using Value = T;
    static bool is_null(const T&) { return false; }
    static const T& value(const T& value) { return value; }
};
template <typename T>
struct Nullable<std::optional<T>> {
    using Value = T;
    static bool is_null(const std::optional<T>& value) { return !value.has_value(); }
    static const T& value(const std::optional<T>& value) { return *value; }
};

template <typename Argument>
using ValueOf = typename Nullable<Argument>::Value;

// The arguments of a statement or the columns of a row, each in its place. Inside pg::call() only.
template <typename... Arguments>
void put_all([[maybe_unused]] Datum* values, [[maybe_unused]] bool* nulls,
             const Arguments&... arguments) {
    [[maybe_unused]] std::size_t i = 0;
    ((nulls[i] = Nullable<Arguments>::is_null(arguments),
      values[i] = nulls[i] ? Datum{0}
                           : Type<ValueOf<Arguments>>::put(Nullable<Arguments>::value(arguments)),
      ++i),
     ...);
}

// std::vector<T> or std::vector<std::optional<T>>: a one-dimensional array. get() wants no NULLs in
// it.
template <typename Element>
struct Type<std::vector<Element>> {
    using Value = typename Nullable<Element>::Value;
    static constexpr Oid oid = Type<Value>::array_oid;

    static Datum put(const std::vector<Element>& elements) {
        auto* values = static_cast<Datum*>(
            palloc_extended(sizeof(Datum) * (elements.size() + 1), MCXT_ALLOC_HUGE));
        auto* nulls = static_cast<bool*>(palloc_extended(elements.size() + 1, MCXT_ALLOC_HUGE));
        std::size_t i = 0;
        for (const auto& element : elements) {
            nulls[i] = Nullable<Element>::is_null(element);
            values[i] = nulls[i] ? Datum{0} : Type<Value>::put(Nullable<Element>::value(element));
            ++i;
        }
        return detail::make_array(Type<Value>::oid, values, nulls, i);
    }

    static std::vector<Element> get(Datum datum) {
        const auto taken = detail::take_array(Type<Value>::oid, datum);
        std::vector<Element> elements;
        elements.reserve(static_cast<std::size_t>(taken.count));
        for (int i = 0; i < taken.count; ++i) {
            if (taken.nulls[i]) {
                throw ideamine::Error(Code::invalid_argument, "array must not contain nulls");
            }
            elements.push_back(Type<Value>::get(taken.values[i]));
        }
        return elements;
    }
};

}  // namespace ideamine::pg
