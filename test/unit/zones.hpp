// Time zones for tests: some as they were, and any.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "quota/day.hpp"

namespace ideamine::quota {

using namespace std::chrono_literals;

constexpr Time utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
    return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) /
                                 static_cast<int>(day)} +
           std::chrono::hours{hour} + std::chrono::minutes{minute};
}

// A zone made from a table: from each time on, its offset.
class TableZone final : public Zone {
  public:
    struct Change {
        Time at;
        std::chrono::seconds offset;
    };

    explicit TableZone(std::chrono::seconds first, std::vector<Change> changes = {})
        : first_(first), changes_(std::move(changes)) {}

    std::chrono::seconds offset_at(Time at) const override {
        auto offset = first_;
        for (const auto& change : changes_) {
            if (change.at <= at) {
                offset = change.offset;
            }
        }
        return offset;
    }

    std::optional<Time> next_change(Time at) const override {
        for (const auto& change : changes_) {
            if (change.at > at) {
                return change.at;
            }
        }
        return std::nullopt;
    }

  private:
    std::chrono::seconds first_;
    std::vector<Change> changes_;
};

inline const TableZone utc_zone{0s};
inline const TableZone kathmandu{5h + 45min};
inline const TableZone berlin{1h, {{utc(2024, 3, 31, 1), 2h}, {utc(2024, 10, 27, 1), 1h}}};
// 2018-11-04: clocks went from midnight to one o'clock. 2019-02-17: from midnight to 23 o'clock.
inline const TableZone sao_paulo{-3h, {{utc(2018, 11, 4, 3), -2h}, {utc(2019, 2, 17, 2), -3h}}};
// 2023-11-05: clocks went from one o'clock back to midnight. 2024-03-10: forward over midnight.
inline const TableZone havana{-4h, {{utc(2023, 11, 5, 5), -5h}, {utc(2024, 3, 10, 5), -4h}}};
// 2010-11-07: clocks went from one minute past midnight back to the day before.
inline const TableZone st_johns{-2h - 30min, {{utc(2010, 11, 7, 2, 31), -3h - 30min}}};
// There was no 2011-12-30.
inline const TableZone apia{-10h, {{utc(2011, 12, 30, 10), 14h}}};
// There were two 1969-09-30 there, by and large.
inline const TableZone kwajalein{11h, {{utc(1969, 9, 30, 13), -12h}}};
inline const TableZone tokyo{9h};
inline const TableZone honolulu{-10h};

// All days of a zone, by going through time: a day begins whenever clocks show a date for the first
// time.
inline std::vector<Time> starts_of_days(const Zone& zone, Time from, Time to) {
    std::vector<Time> starts;
    auto latest = std::chrono::floor<std::chrono::days>(from + zone.offset_at(from));
    for (auto at = from; at < to;) {
        const auto until = std::min(zone.next_change(at).value_or(to), to);
        const auto offset = zone.offset_at(at);
        if (const auto date = std::chrono::floor<std::chrono::days>(at + offset); date > latest) {
            latest = date;
            starts.push_back(at);
        }
        for (auto next = Time{latest + std::chrono::days{1}} - offset; next < until;
             next = Time{latest + std::chrono::days{1}} - offset) {
            latest += std::chrono::days{1};
            starts.push_back(next);
        }
        at = until;
    }
    return starts;
}

constexpr auto beginning = utc(2020, 1, 1);
constexpr auto ending = utc(2021, 1, 1);

inline std::chrono::seconds between(std::mt19937& random, std::chrono::seconds least,
                                    std::chrono::seconds most) {
    return std::chrono::seconds{
        std::uniform_int_distribution<std::int64_t>{least.count(), most.count()}(random)};
}

// Offsets as there have been, and changes of up to a day, now and then on the minute of midnight.
inline TableZone random_zone(std::mt19937& random) {
    std::vector<TableZone::Change> changes;
    auto offset = between(random, -12h, 14h);
    const auto first = offset;
    for (auto at = beginning - std::chrono::days{10}; at < ending + std::chrono::days{10};) {
        at += between(random, std::chrono::days{4}, std::chrono::days{60});
        auto change = random() % 4 == 0 ? between(random, -24h, 24h) : between(random, -2h, 2h);
        if (offset + change > 15h || offset + change < -15h) {
            change = -change;
        }
        if (random() % 2 == 0) {
            at = Time{std::chrono::floor<std::chrono::days>(at)} - offset +
                 std::chrono::minutes{random() % 3};
        }
        offset += change;
        changes.push_back({at, offset});
    }
    return TableZone{first, changes};
}

}  // namespace ideamine::quota
