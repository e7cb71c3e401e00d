#include "ideamine/pg/datum.hpp"

namespace ideamine::pg {

namespace {

// From 1970-01-01 to 2000-01-01, where the server's timestamps begin.
constexpr Duration server_epoch = std::chrono::days{POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE};

}  // namespace

Time now() {
    return from_timestamptz(GetCurrentTimestamp());
}

TimestampTz to_timestamptz(Time time) {
    if (time == Time::max()) {
        return DT_NOEND;
    }
    return time == Time::min() ? DT_NOBEGIN : (time.time_since_epoch() - server_epoch).count();
}

Time from_timestamptz(TimestampTz timestamp) {
    if (TIMESTAMP_IS_NOEND(timestamp)) {
        return Time::max();
    }
    if (TIMESTAMP_IS_NOBEGIN(timestamp)) {
        return Time::min();
    }
    // Counted from 1970, the last 30 years that the server knows do not fit.
    return saturating_add(Time{server_epoch}, Duration{timestamp});
}

Duration to_duration(std::string_view what, const Interval& interval) {
    const std::int64_t days = std::int64_t{interval.month} * 30 + interval.day;
    std::int64_t microseconds = 0;
    if (__builtin_mul_overflow(days, USECS_PER_DAY, &microseconds) ||
        __builtin_add_overflow(microseconds, interval.time, &microseconds)) {
        throw ideamine::Error(Code::invalid_argument, std::string{what} + " is out of range");
    }
    return Duration{microseconds};
}

std::string_view text_view(Datum datum) {
    auto* value = reinterpret_cast<varlena*>(DatumGetPointer(datum));
    if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value)) {
        value = call([value] { return pg_detoast_datum_packed(value); });
    }
    return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

std::size_t toasted_size(Datum datum) {
    return call([datum] { return toast_raw_datum_size(datum) - VARHDRSZ; });
}

Datum Type<Uuid>::put(const Uuid& value) {
    auto* copy = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    std::memcpy(copy->data, value.bytes.data(), value.bytes.size());
    return UUIDPGetDatum(copy);
}

Uuid Type<Uuid>::get(Datum datum) {
    Uuid uuid;
    std::memcpy(uuid.bytes.data(), DatumGetUUIDP(datum)->data, uuid.bytes.size());
    return uuid;
}

Datum Type<Tid>::put(const Tid& value) {
    auto* copy = static_cast<Tid*>(palloc(sizeof(Tid)));
    *copy = value;
    return PointerGetDatum(copy);
}

Datum Type<Duration>::put(Duration value) {
    auto* interval = static_cast<Interval*>(palloc0(sizeof(Interval)));
    interval->time = value.count();
    return IntervalPGetDatum(interval);
}

namespace detail {

namespace {

struct ElementLayout {
    std::int16_t length;
    bool by_value;
    char alignment;
};

ElementLayout layout_of(Oid element) {
    ElementLayout layout{};
    get_typlenbyvalalign(element, &layout.length, &layout.by_value, &layout.alignment);
    return layout;
}

}  // namespace

Datum make_array(Oid element, const Datum* values, const bool* nulls, std::size_t count) {
    const auto layout = layout_of(element);
    int dimensions[] = {static_cast<int>(count)};
    int lower_bounds[] = {1};
    if (count == 0) {
        return PointerGetDatum(construct_empty_array(element));
    }
    return PointerGetDatum(construct_md_array(const_cast<Datum*>(values), const_cast<bool*>(nulls),
                                              1, dimensions, lower_bounds, element, layout.length,
                                              layout.by_value, layout.alignment));
}

ArrayElements take_array(Oid element, Datum datum) {
    return call([element, datum] {
        const auto layout = layout_of(element);
        ArrayElements taken{};
        deconstruct_array(DatumGetArrayTypeP(datum), element, layout.length, layout.by_value,
                          layout.alignment, &taken.values, &taken.nulls, &taken.count);
        return taken;
    });
}

}  // namespace detail
}  // namespace ideamine::pg
