#include "ideamine/pg/fault_point.hpp"

#include <charconv>
#include <csignal>
#include <tuple>

#include "ideamine/pg/settings.hpp"

namespace ideamine::pg {

namespace detail {

constinit char* fault = nullptr;

}  // namespace detail

namespace {

using detail::Failing;

constexpr long sleep_microseconds = 5'000;

std::string_view next_word(std::string_view& text) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

// How often a process passes until it strikes.
std::uint64_t read_interval(std::string_view text) {
    std::uint64_t interval = 1;
    std::from_chars(text.data(), text.data() + text.size(), interval);
    return std::max<std::uint64_t>(interval, 1);
}

void raise(std::string_view name, int level) {
    call([name, level] {
        ereport(level, (errcode(ERRCODE_QUERY_CANCELED),
                        errmsg("interrupted at fault point %.*s", static_cast<int>(name.size()),
                               name.data())));
    });
}

// The server's log shows that the place was reached.
void log_strike(std::string_view name, std::string_view action) {
    write_stderr("fault point %.*s: %.*s\n", static_cast<int>(name.size()), name.data(),
                 static_cast<int>(action.size()), action.data());
}

void strike(std::string_view name, std::string_view action, Failing failing) {
    if (action == "kill") {
        log_strike(name, action);
        std::ignore = ::kill(::getpid(), SIGKILL);
    } else if (action == "sleep") {
        log_strike(name, action);
        pg_usleep(sleep_microseconds);
    } else if (failing == Failing::possible && action == "error") {
        raise(name, ERROR);
    } else if (failing == Failing::possible && action == "abort") {
        raise(name, FATAL);
    }
}

}  // namespace

void detail::pass_fault_point(std::string_view name, Failing failing) {
    static constinit std::uint64_t passes = 0;
    std::string_view setting{fault};
    if (next_word(setting) != name) {
        return;
    }
    const auto action = next_word(setting);
    if (++passes % read_interval(setting) == 0) {
        strike(name, action, failing);
    }
}

void define_fault_setting() {
    define(TextSetting{
        .name = "ideamine.fault",
        .description = "Lets tests make something go wrong: a fault point, kill, abort, error or "
                       "sleep, and at every how many passes.",
        .variable = &detail::fault,
        .initial = "",
    });
}

}  // namespace ideamine::pg
