// A storm of transactions that take quota, give it back, and end in every way there is; sessions
// that watch meanwhile what must never be seen; and at the end the counters against the rows.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <span>

#include "quota_storm/storm.hpp"

namespace {

constexpr auto usage =
    "usage: quota_storm [--dsn DSN] [--seed N] [--clients N] [--transactions N]\n"
    "  --fault FAULT  as ideamine.fault in the sessions of clients, which may lose them;\n"
    "                 --verify afterwards\n"
    "  --until-gone   the server will be killed: that ends the storm\n"
    "  --verify       only compare the counters of all storms with their rows\n";

template <typename Number>
bool read_number(const std::string& text, Number& number) {
    const auto* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && last == end;
}

bool read_options(std::span<char*> arguments, storm::Options& options) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string name = arguments[i];
        if (name == "--verify") {
            options.verify_only = true;
            continue;
        }
        if (name == "--until-gone") {
            options.until_gone = true;
            continue;
        }
        if (++i == arguments.size()) {
            return false;
        }
        const std::string value = arguments[i];
        if (name == "--dsn") {
            options.dsn = value;
        } else if (name == "--fault") {
            options.fault = value;
        } else if (!(name == "--seed" && read_number(value, options.seed)) &&
                   !(name == "--clients" && read_number(value, options.clients)) &&
                   !(name == "--transactions" && read_number(value, options.transactions))) {
            return false;
        }
    }
    return true;
}

int report(const storm::Options& options, const storm::Counts& counts,
           const std::vector<std::string>& wrong) {
    if (!counts.empty()) {
        std::printf("seed %u:", options.seed);
        for (const auto& [what, times] : counts) {
            std::printf(" %d %s;", times, what.c_str());
        }
        std::printf("\n");
    }
    for (const auto& finding : wrong) {
        std::printf("%s\n", finding.c_str());
    }
    return wrong.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    storm::Options options;
    if (!read_options(std::span{argv, static_cast<std::size_t>(argc)}.subspan(1), options)) {
        std::fputs(usage, stderr);
        return 2;
    }
    try {
        storm::Counts counts;
        std::vector<std::string> wrong;
        if (!options.verify_only) {
            wrong = storm::run(options, counts);
        }
        if (!options.until_gone && options.fault.empty() && wrong.empty()) {
            wrong = storm::verify(options);
        }
        return report(options, counts, wrong);
    } catch (const storm::Gone& gone) {
        std::fprintf(stderr, "quota_storm: %s\n", gone.what());
        return options.until_gone ? 0 : 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "quota_storm: %s\n", error.what());
        return 2;
    }
}
