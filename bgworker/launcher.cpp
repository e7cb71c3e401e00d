#include "bgworker/launcher.hpp"

#include "bgworker/process.hpp"
#include "bgworker/slots.hpp"
#include "bgworker/utility_hook.hpp"
#include "bgworker/worker.hpp"
#include "ideamine/pg/background_worker.hpp"
#include "ideamine/pg/database.hpp"
#include "ideamine/pg/log.hpp"
#include "ideamine/pg/transaction.hpp"

namespace ideamine::bgworker {

namespace {

using std::chrono::milliseconds;

// Until a database that is not there, or a worker that found no place, is looked at again.
constexpr milliseconds recheck_interval{5000};
// With nothing to wait for: whatever happens wakes the launcher.
constexpr milliseconds longest_rest{60000};
constexpr std::chrono::seconds launcher_restart_gap{5};

class Launcher {
  public:
    void read_settings();
    // Starts the workers that are missing. Returns how long there is nothing else to do.
    milliseconds look_after_workers();

  private:
    bool is_missing(int slot);
    milliseconds look_after(int slot);
    void look_for_databases();
    bool can_be_connected(const std::string& database);
    void complain(const std::string& message, const std::string& hint);

    std::vector<std::string> wanted_;
    std::vector<pg::Database> present_;
    slots::Table table_{};
    std::array<pg::StartedWorker, slots::count> workers_{};
    // A complaint is written to the log once, for as long as its cause lasts.
    std::vector<std::string> complaints_;
    std::vector<std::string> earlier_complaints_;
};

void Launcher::read_settings() {
    if (auto databases = settings::databases()) {
        wanted_ = *std::move(databases);
    } else {
        pg::warn("ideamine.databases is not a list of names, the one before stays in force",
                 "Separate names by commas, and quote them like identifiers in SQL.");
    }
}

milliseconds Launcher::look_after_workers() {
    earlier_complaints_ = std::exchange(complaints_, {});
    if (slots::set_databases(wanted_) > 0) {
        complain("ideamine.databases names too many databases, the last ones get no worker",
                 "At most " + std::to_string(slots::count) + " databases can have one.");
    }
    table_ = slots::read_all();
    std::vector<int> missing;
    for (int slot = 0; slot < slots::count; ++slot) {
        if (is_missing(slot)) {
            missing.push_back(slot);
        }
    }
    if (missing.empty()) {
        return longest_rest;
    }
    look_for_databases();
    auto pause = longest_rest;
    for (const int slot : missing) {
        pause = std::min(pause, look_after(slot));
    }
    return pause;
}

bool Launcher::is_missing(int slot) {
    const auto& state = table_[slot];
    return state.used() && !state.held_off() && state.worker == 0 && !workers_[slot].alive();
}

milliseconds Launcher::look_after(int slot) {
    const std::string database = table_[slot].database;
    const auto now = SteadyClock::now();
    if (!can_be_connected(database)) {
        return recheck_interval;
    }
    if (now < table_[slot].not_before) {
        return std::chrono::ceil<milliseconds>(table_[slot].not_before - now);
    }
    slots::set_not_before(slot, now + settings::worker_restart_gap());
    if (workers_[slot].start(worker_program(database), database)) {
        return longest_rest;
    }
    slots::set_not_before(slot, {});
    complain(
        "no background worker slot is free for another ideamine worker",
        "Raise max_worker_processes: ideamine needs one for its launcher and one for each database "
        "in ideamine.databases.");
    return recheck_interval;
}

void Launcher::look_for_databases() {
    std::vector<pg::Database> present;
    const auto failure = pg::run_transaction([&] { present = pg::list_databases(); },
                                             [](const pg::Failure&) { return true; });
    if (!failure) {
        present_ = std::move(present);
    }
}

bool Launcher::can_be_connected(const std::string& database) {
    const auto found = std::ranges::find(present_, database, &pg::Database::name);
    if (found == present_.end()) {
        complain("database \"" + database + "\" in ideamine.databases does not exist",
                 "It gets its worker when it is created.");
        return false;
    }
    if (!found->connectable) {
        complain("database \"" + database + "\" in ideamine.databases does not accept connections",
                 "It gets its worker when it does.");
        return false;
    }
    return true;
}

void Launcher::complain(const std::string& message, const std::string& hint) {
    const auto known = [&](const std::vector<std::string>& complaints) {
        return std::ranges::find(complaints, message) != complaints.end();
    };
    if (!known(earlier_complaints_) && !known(complaints_)) {
        pg::warn(message, hint);
    }
    complaints_.push_back(message);
}

void run_launcher() {
    process::begin();
    pg::connect_to_shared_catalogs();
    slots::launcher_started();
    Launcher launcher;
    launcher.read_settings();
    for (;;) {
        if (process::rest(launcher.look_after_workers())) {
            launcher.read_settings();
        }
    }
}

}  // namespace

void register_launcher() {
    if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade) {
        return;
    }
    slots::reserve();
    watch_statements();
    pg::register_worker({.function = "ideamine_launcher_main",
                         .type = "ideamine launcher",
                         .name = "ideamine launcher"},
                        launcher_restart_gap);
}

}  // namespace ideamine::bgworker

extern "C" PGDLLEXPORT void ideamine_launcher_main(Datum) {
    ideamine::pg::boundary([] { ideamine::bgworker::run_launcher(); });
}
