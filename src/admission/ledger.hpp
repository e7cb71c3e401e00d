// Where the truth of a counter stands: what it is loaded from, and who is told what happened to it.
#pragma once

#include <array>
#include <string_view>

#include "admission/counter.hpp"

namespace ideamine::admission {

inline constexpr int max_resources = 8;

// What is counted together and limited by one set of rules: a kind, and an id within it. The
// kinds are the capabilities' own.
struct Scope {
    char kind = 0;
    std::string_view id;
};
inline constexpr std::size_t max_scope_bytes = 1000;

struct Rules {
    std::array<Limits, max_resources> limits;
    // Of the resources that are consumed per window (bit n: resource n); others are gauges.
    std::uint8_t windowed = 0;
    Time window_start = Time::min();
    Time window_end = Time::max();
    // Of those, the ones that are consumed per long window, which has many of the others.
    std::uint8_t long_windowed = 0;
    Time long_window_start = Time::min();
    std::uint8_t kept = 0xFF;            // the resources that anybody wants to know of
    bool throttles = true;               // false: nothing does, whatever happened before
    Duration throttle_time{};            // for which crossing a threshold throttles
    Time throttled_until = Time::min();  // known from before the counters were loaded
    bool exists = true;                  // false: nobody knows this scope any more

    Time window_of(int resource) const {
        if ((windowed >> resource & 1) == 0) {
            return Time::min();
        }
        return (long_windowed >> resource & 1) != 0 ? long_window_start : window_start;
    }
};

struct Sums {
    Amount settled = 0;
    Amount leased = 0;
    bool has_throttled = false;  // within the window
};

// What happened to a counter, once it is certain. Of throttling the reading says until when this
// throttles, whatever else does. Reached: what committed transactions recorded reaches
// Limits::report_at.
enum class Happening { throttled, burst, reached };

struct Reading {
    Limits limits;
    Usage usage;
    Time window_start;
    Time window_end;
    Time long_window_start;
    Time throttled_until;
    bool exists;

    bool is_throttled(Time now) const { return now < throttled_until; }
};

class Ledger {
  public:
    // Both read what is committed at this moment; they may throw. No lock is held meanwhile.
    virtual Rules read_rules(std::string_view id, Time now) const = 0;
    virtual Sums read_sums(std::string_view id, int resource, Time window_start) const = 0;
    // At the end of a transaction: must not fail, allocate or touch a table.
    virtual void report(std::string_view id, int resource, Happening happening,
                        const Reading& reading) const noexcept = 0;

  protected:
    constexpr Ledger() = default;
    ~Ledger() = default;
};

}  // namespace ideamine::admission
