#include "bgworker/worker.hpp"

#include "bgworker/duties.hpp"
#include "bgworker/process.hpp"
#include "bgworker/restore_watch.hpp"
#include "bgworker/settings.hpp"
#include "ideamine/pg/bell.hpp"
#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/log.hpp"
#include "ideamine/pg/transaction.hpp"

namespace ideamine::bgworker {

namespace {

using std::chrono::milliseconds;

// Which kind of worker holds the lock; there is one kind so far.
constexpr std::uint32_t duties_lock = 1;

// Versions of the extension's catalogue that this library serves.
constexpr Version oldest_served{1, 0};
constexpr Version newest_served{1, 2};

class Worker {
  public:
    Worker(int slot, const std::string& database);
    // Carries out what is due. Returns how long there is nothing else to do.
    milliseconds perform_due_duties();
    void settings_changed();

  private:
    struct Task {
        Duty* duty;
        Schedule schedule;
        std::string cause;  // of its failures, as last written to the log
    };
    // Whether the worker does its duties, and if not, why.
    enum class Condition { unknown, working, no_extension, other_version, restore };

    void perform_if_due(Task& task);
    static bool rests(const Task& task, SteadyTime now);
    static SteadyTime listens_at(const Task& task);
    Bells listened() const;
    static void call(Task& task);
    void answer_bells();
    void call_all();
    void perform(Task& task);
    void warn_of(const Task& task, std::int64_t result) const;
    static void tell_listeners(const Task& task, std::int64_t result);
    bool is_news(Task& task, const pg::Failure& failure);
    void note_success(Task& task, const std::optional<std::int64_t>& result);
    Condition condition();
    void become(Condition condition);

    std::string database_;
    RestoreWatch restore_watch_;
    std::vector<Task> tasks_;
    Condition condition_ = Condition::unknown;
};

Worker::Worker(int slot, const std::string& database)
    : database_(database), restore_watch_(slot, database) {
    for (auto& duty : duties()) {
        tasks_.push_back({&duty, {duty.pace, SteadyClock::now()}, {}});
    }
}

milliseconds Worker::perform_due_duties() {
    for (auto& task : tasks_) {
        answer_bells();
        perform_if_due(task);
    }
    auto next = SteadyTime::max();
    const auto now = SteadyClock::now();
    for (const auto& task : tasks_) {
        next = std::min(next, task.schedule.due());
        if (rests(task, now)) {
            next = std::min(next, listens_at(task));
        }
    }
    return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(next - now));
}

void Worker::perform_if_due(Task& task) {
    if (task.schedule.due() <= SteadyClock::now()) {
        perform(task);
    }
}

void Worker::call(Task& task) {
    pg::log_debug(std::string{"called for "} + to_string(*task.duty->bell) + ": " +
                  task.duty->name);
    task.schedule.rung(SteadyClock::now());
}

bool Worker::rests(const Task& task, SteadyTime now) {
    return task.duty->bell && now < listens_at(task);
}

SteadyTime Worker::listens_at(const Task& task) {
    return task.schedule.rests_until(task.duty->rest_after_bell);
}

// A bell is not heard while a duty rests for which it is rung, so that it wakes nobody.
Bells Worker::listened() const {
    Bells bells;
    const auto now = SteadyClock::now();
    for (const auto& task : tasks_) {
        if (task.duty->bell) {
            bells.add(*task.duty->bell);
        }
    }
    for (const auto& task : tasks_) {
        if (rests(task, now)) {
            bells.remove(*task.duty->bell);
        }
    }
    return bells;
}

// What was rung for goes before all that is due, to its end.
void Worker::answer_bells() {
    for (auto rung = pg::bell::heard(listened()); rung.any(); rung = pg::bell::heard(listened())) {
        for (auto& task : tasks_) {
            if (task.duty->bell && rung.has(*task.duty->bell)) {
                call(task);
                while (task.schedule.due() <= SteadyClock::now()) {
                    perform(task);
                }
            }
        }
    }
}

// Bells that rang while it was not at work have been heard, and nothing was done.
void Worker::call_all() {
    for (auto& task : tasks_) {
        if (task.duty->bell) {
            call(task);
        }
    }
}

void Worker::settings_changed() {
    for (auto& task : tasks_) {
        task.schedule.settings_changed(SteadyClock::now());
    }
}

// One pass in a transaction of its own.
void Worker::perform(Task& task) {
    const process::Busy busy{task.duty->name};
    std::optional<std::int64_t> result;
    const auto failure = pg::run_transaction(
        [&] {
            const pg::TimeLimit limit{settings::duty_timeout()};
            become(condition());
            if (condition_ == Condition::working && pg::installed_version() >= task.duty->since) {
                result = task.duty->pass.execute()[0].get<std::int64_t>(0);
                warn_of(task, *result);
                tell_listeners(task, *result);
            }
        },
        [&](const pg::Failure& news) { return is_news(task, news); });
    if (failure) {
        task.schedule.failed(SteadyClock::now());
    } else {
        note_success(task, result);
    }
}

void Worker::warn_of(const Task& task, std::int64_t result) const {
    if (task.duty->alarm != nullptr && result != 0) {
        pg::warn(std::string{task.duty->alarm} + " in database \"" + database_ + "\"",
                 "Call ideamine." + std::string{task.duty->name} + "() to see which.");
    }
}

// Once of all that is new: at commit that takes a lock of the whole server.
void Worker::tell_listeners(const Task& task, std::int64_t result) {
    static constinit pg::Statement tell{"SELECT pg_catalog.pg_notify('ideamine', '')"};
    if (task.duty->tells && result != 0) {
        tell.execute();
    }
}

bool Worker::is_news(Task& task, const pg::Failure& failure) {
    auto cause = failure.sqlstate + ": " + failure.message;
    if (cause == task.cause) {
        return false;
    }
    task.cause = std::move(cause);
    pg::log("duty " + std::string{task.duty->name} + " in database \"" + database_ +
            "\" failed, it goes on being tried after growing pauses; the reason follows");
    return true;
}

// Without a result there was nothing to work on.
void Worker::note_success(Task& task, const std::optional<std::int64_t>& result) {
    if (result && task.schedule.failing()) {
        pg::log("duty " + std::string{task.duty->name} + " in database \"" + database_ +
                "\" works again");
    }
    task.cause.clear();
    task.schedule.succeeded(SteadyClock::now(), result >= task.duty->full_pass);
}

Worker::Condition Worker::condition() {
    if (!pg::pin_extension("ideamine")) {
        return Condition::no_extension;
    }
    const auto version = pg::installed_version();
    if (version < oldest_served || version > newest_served) {
        return Condition::other_version;
    }
    if (condition_ == Condition::no_extension) {
        restore_watch_.note_sign();
    }
    return restore_watch_.restore_under_way(SteadyClock::now()) ? Condition::restore
                                                                : Condition::working;
}

void Worker::become(Condition condition) {
    if (condition == std::exchange(condition_, condition)) {
        return;
    }
    const std::string where = "ideamine worker of database \"" + database_ + "\" ";
    switch (condition) {
        case Condition::unknown:
            break;
        case Condition::working:
            pg::log(where + "is at work");
            call_all();
            break;
        case Condition::no_extension:
            pg::log(where + "waits for CREATE EXTENSION ideamine");
            break;
        case Condition::restore:
            pg::log(where + "is idle while the database seems to be restored");
            break;
        case Condition::other_version:
            pg::warn(
                where +
                    "is idle: its library does not serve the installed version of the extension",
                "Run ALTER EXTENSION ideamine UPDATE, or restart the server if the library is "
                "older.");
            break;
    }
}

// Whatever the settings of the database or of the bootstrap superuser say.
void settle_session() {
    pg::set_for_good("search_path", "pg_catalog, pg_temp");
    pg::set_for_good("DateStyle", "ISO, YMD");
    pg::set_for_good("TimeZone", "UTC");
    pg::set_for_good("default_transaction_isolation", "read committed");
    pg::set_for_good("application_name", "ideamine worker");
}

void run_worker() {
    process::begin();
    const auto database = pg::worker_argument();
    const auto slot = slots::enter(database);
    if (!slot) {
        return;
    }
    pg::at_process_end([](int, Datum left) { slots::leave(DatumGetInt32(left)); },
                       Int32GetDatum(*slot));
    pg::connect_to_database(database);
    settle_session();
    if (!pg::take_process_lock(duties_lock)) {
        pg::log("database \"" + database + "\" has an ideamine worker already, this one leaves");
        return;
    }
    pg::bell::answer();
    slots::set_ready(*slot);
    Worker worker{*slot, database};
    for (;;) {
        const auto pause = worker.perform_due_duties();
        pg::report_statistics();
        if (process::rest(pause)) {
            worker.settings_changed();
        }
    }
}

}  // namespace

pg::WorkerProgram worker_program(const std::string& database) {
    return {.function = "ideamine_worker_main",
            .type = "ideamine worker",
            .name = "ideamine worker for database \"" + database + "\""};
}

}  // namespace ideamine::bgworker

extern "C" PGDLLEXPORT void ideamine_worker_main(Datum) {
    ideamine::pg::boundary([] { ideamine::bgworker::run_worker(); });
}
