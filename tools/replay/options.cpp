#include "replay/options.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>
#include <iterator>
#include <limits>
#include <sstream>
#include <type_traits>
#include <utility>

namespace replay {

namespace {

using Apply = std::function<void(Options&, const std::string&)>;

// One option: its name, what its argument is called (empty: it has none), its help, and what it
// does.
struct Entry {
    std::string name;
    std::string argument;
    std::string help;
    Apply apply;
};

template <class Number>
struct Range {
    Number least;
    Number most;
};

using Counts = Range<std::size_t>;
using Reals = Range<double>;

template <class Number>
Number parse_number(const std::string& name, const std::string& text, Range<Number> range) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    // Written so that NaN is refused.
    if (error != std::errc{} || stop != end || !(value >= range.least && value <= range.most)) {
        std::ostringstream message;
        message << name << " needs a number from " << range.least << " to " << range.most
                << ", not \"" << text << '"';
        throw UsageError(message.str());
    }
    return value;
}

template <class Field, class Number>
Entry number(const std::string& name, std::string argument, Field Options::*field,
             Range<Number> range, std::string help) {
    return {name, std::move(argument), std::move(help),
            [name, field, range](Options& options, const std::string& text) {
                options.*field = parse_number(name, text, range);
            }};
}

Entry text(std::string name, std::string argument, std::string Options::*field, std::string help) {
    return {std::move(name), std::move(argument), std::move(help),
            [field](Options& options, const std::string& text) { options.*field = text; }};
}

template <class Field>
Entry flag(std::string name, Field Options::*field, std::type_identity_t<Field> value,
           std::string help) {
    return {std::move(name), "", std::move(help),
            [field, value](Options& options, const std::string&) { options.*field = value; }};
}

// The label becomes part of tenants' ids and of array literals.
void set_label(Options& options, const std::string& label) {
    constexpr std::size_t max_size = 60;
    const bool plain = std::ranges::all_of(label, [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_');
    });
    if (label.empty() || label.size() > max_size || !plain) {
        throw UsageError("--label needs 1 to 60 letters, digits, - or _, not \"" + label + '"');
    }
    options.label = label;
}

std::vector<Entry> make_entries() {
    using O = Options;
    constexpr Reals percent{0, 100};
    return {
        text("--dsn", "CONNINFO", &O::dsn, "connection string; default: the PG* environment"),
        {"--label", "NAME", "name of the run, new in its database; default: made up", set_label},
        number("--jobs", "N", &O::jobs, Counts{1, 1'000'000},
               "how many jobs, default 2000; of a record of requests the first N, default all"),
        number("--tenants", "N", &O::tenants, Counts{1, 1'000}, "how many tenants, default 5"),
        number("--seed", "N", &O::seed,
               Range<std::uint64_t>{0, std::numeric_limits<std::uint64_t>::max()},
               "deals tenants, classes, failures and graphs, default 1"),
        number("--workers", "N", &O::workers, Counts{1, 500}, "how many workers, default 8"),
        number("--batch", "N", &O::batch, Counts{1, 1'000},
               "how many jobs a worker runs at the same time, default 4"),
        number("--speed", "X", &O::speed, Reals{0.001, 1e6},
               "simulated time runs X times as fast, default 5, with a FILE 120"),
        number("--fail-percent", "P", &O::fail_percent, percent,
               "jobs that fail one to three times first, default 5, with a FILE 2"),
        number("--poison-percent", "P", &O::poison_percent, percent,
               "jobs that always fail and end as dead letters, default 0.5, with a FILE 0"),
        number("--vanish", "N", &O::vanish, Counts{0, 100'000},
               "how often a worker vanishes without a word, default 6"),
        number("--lease", "S", &O::lease_s, Reals{1, 86'400},
               "seconds of silence after which a worker loses its jobs, default 3"),
        flag("--waves", &O::waves, true,
             "work as unlimited workers would: all that may run, again and again, at once;\n"
             "for task graphs, which must take as many waves as they are deep"),
        flag("--pressure", &O::parts, {Scene::pressure},
             "show jobs that give way where the platform is too small, instead of the workload"),
        flag("--budget", &O::parts, {Scene::budget},
             "show a budget that is used up and raised, instead of the workload"),
        flag("--all", &O::parts, {Scene::workload, Scene::pressure, Scene::budget},
             "show the workload, and then both"),
        flag("--sweep", &O::sweep, Sweep::own,
             "take lost work back from here, once a second; default: only where\n"
             "ideamine.databases does not name the database"),
        flag("--no-sweep", &O::sweep, Sweep::none, "leave that to the background worker"),
        flag("--reconnect", &O::reconnect, true,
             "survive restarts of the server, waiting up to three minutes for each"),
        number("--timeout", "S", &O::timeout_s, Reals{1, 1e6},
               "give up after S seconds, default: twice what it should take, and 120"),
        text("--ack-log", "FILE", &O::ack_log,
             "write each acknowledged creation and completion, flushed at once"),
        text("--json", "FILE", &O::json, "write the figures and the verdict as JSON"),
        flag("--quiet", &O::quiet, true, "no progress"),
        flag("--help", &O::help, true, "show this"),
    };
}

const std::vector<Entry>& entries() {
    static const std::vector<Entry> table = make_entries();
    return table;
}

// A scene is no workload from a file, and what it shows takes a server that stays up.
void require_plain_scenes(const Options& options) {
    if (options.parts == std::vector{Scene::workload}) {
        return;
    }
    if (options.from_file() || options.waves || options.reconnect || !options.ack_log.empty()) {
        throw UsageError(
            "--pressure, --budget and --all do not go with a file, --waves, --reconnect or"
            " --ack-log");
    }
}

std::string help_of(const Entry& entry) {
    constexpr std::size_t indent = 24;
    std::string lines = "  " + entry.name + ' ' + entry.argument;
    lines.resize(indent, ' ');
    for (const char c : entry.help) {
        lines += c;
        if (c == '\n') {
            lines.append(indent, ' ');
        }
    }
    return lines + '\n';
}

}  // namespace

std::string help_text() {
    std::string help =
        "replay [options] [FILE]\n\n"
        "Runs a workload of many tenants through ideamine, with workers that sometimes fail or\n"
        "vanish, and says whether every job was done exactly once, each after all it depends on.\n"
        "FILE is one of these, told apart by what is in it:\n"
        "- requests, each a job that arrives when the request did: a CSV with the header\n"
        "  TIMESTAMP,ContextTokens,GeneratedTokens, or JSON lines with timestamp (ms),\n"
        "  input_length and output_length;\n"
        "- workflows as JSON lines: tasks, each with id, parents and runtime (s);\n"
        "- a graph as one JSON object: nodes, and edges [one, another that it waits for].\n"
        "A graph is created in one call; one with a cycle has to be refused, and the cycle named.\n"
        "Without FILE, a seeded workload with dependencies.\n"
        "With --pressure, --budget or --all, scenes of their own: who gives way to whom and comes\n"
        "back, and what a budget stops until it is raised.\n"
        "The role must be a superuser or a member of ideamine_admin.\n\n";
    for (const Entry& entry : entries()) {
        help += help_of(entry);
    }
    return help + "\nExit status: 0 the verdict is good, 1 it is bad, 2 there is no verdict.\n";
}

Options parse_options(const std::vector<std::string>& arguments) {
    Options options;
    for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
        if (!argument->starts_with("-")) {
            if (options.from_file()) {
                throw UsageError("only one file can be given, not also \"" + *argument + '"');
            }
            options.input = *argument;
            continue;
        }
        const auto entry = std::ranges::find(entries(), *argument, &Entry::name);
        if (entry == entries().end()) {
            throw UsageError("unknown option " + *argument + ", see --help");
        }
        std::string value;
        if (!entry->argument.empty()) {
            if (std::next(argument) == arguments.end()) {
                throw UsageError(*argument + " needs an argument: " + entry->argument);
            }
            value = *++argument;
        }
        entry->apply(options, value);
    }
    require_plain_scenes(options);
    return options;
}

}  // namespace replay
