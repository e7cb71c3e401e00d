#include "ideamine/uuid.hpp"

#include <algorithm>
#include <stdexcept>

namespace ideamine {

namespace {

constexpr std::size_t text_length = 36;
constexpr std::uint64_t ticks_per_ms = 4096;
// 48 bits of milliseconds and 12 bits of their fraction.
constexpr std::uint64_t last_possible_tick = (std::uint64_t{1} << 60) - 1;
constexpr std::int64_t last_possible_ms = (std::int64_t{1} << 48) - 1;

constexpr bool has_dash_before(std::size_t byte) {
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

// -1 for anything but a hexadecimal digit, whatever the locale.
constexpr int digit_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

std::uint64_t tick_at(Time at) {
    const std::int64_t us = at.time_since_epoch().count();
    if (us < 0) {
        return 0;
    }
    if (us / 1000 > last_possible_ms) {
        return last_possible_tick;
    }
    // Split before the multiplication: the whole number of microseconds would overflow.
    const auto ms = static_cast<std::uint64_t>(us / 1000);
    const auto us_of_ms = static_cast<std::uint64_t>(us % 1000);
    return ms * ticks_per_ms + us_of_ms * ticks_per_ms / 1000;
}

// The first eight bytes are the time with the version in its midst, the last eight are `tail` with
// the variant in its two highest bits.
Uuid make_uuid(std::uint64_t tick, std::uint64_t tail) {
    const std::uint64_t ms = tick / ticks_per_ms;
    const std::uint64_t fraction = tick % ticks_per_ms;
    const std::uint64_t high = ms << 16 | 0x7000U | fraction;
    const std::uint64_t low = (tail & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;
    Uuid uuid;
    for (std::size_t i = 0; i < 8; ++i) {
        const std::size_t shift = 56 - 8 * i;
        uuid.bytes[i] = static_cast<std::uint8_t>(high >> shift);
        uuid.bytes[i + 8] = static_cast<std::uint8_t>(low >> shift);
    }
    return uuid;
}

}  // namespace

std::string to_string(const Uuid& uuid) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(text_length);
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
        if (has_dash_before(i)) {
            text += '-';
        }
        text += digits[uuid.bytes[i] >> 4];
        text += digits[uuid.bytes[i] & 0xF];
    }
    return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
    if (text.size() != text_length) {
        return std::nullopt;
    }
    Uuid uuid;
    std::size_t at = 0;
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
        if (has_dash_before(i) && text[at++] != '-') {
            return std::nullopt;
        }
        const int high = digit_value(text[at++]);
        const int low = digit_value(text[at++]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        uuid.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return uuid;
}

Uuid successor(Uuid uuid) {
    if (std::ranges::all_of(uuid.bytes, [](std::uint8_t byte) { return byte == 0xff; })) {
        return uuid;
    }
    for (auto byte = uuid.bytes.rbegin(); ++*byte == 0; ++byte) {
    }
    return uuid;
}

Uuid first_uuid_at(Time at) {
    return make_uuid(tick_at(at), 0);
}

Uuid UuidSource::next(Time now, const Random& random) {
    if (last_tick_ == last_possible_tick) {
        throw std::overflow_error("no version 7 UUID is left after the year 10889");
    }
    last_tick_ = std::max(tick_at(now), last_tick_ + 1);
    std::uint64_t tail = 0;
    for (const std::uint8_t byte : random) {
        tail = tail << 8 | byte;
    }
    return make_uuid(last_tick_, tail);
}

}  // namespace ideamine

std::size_t std::hash<ideamine::Uuid>::operator()(const ideamine::Uuid& uuid) const noexcept {
    // All 16 bytes: ids made in one burst share the first half, ids that callers choose may share
    // the second.
    const auto* bytes = reinterpret_cast<const char*>(uuid.bytes.data());
    return std::hash<std::string_view>{}({bytes, uuid.bytes.size()});
}
