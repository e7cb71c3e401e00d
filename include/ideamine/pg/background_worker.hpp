// Background workers of the server: having them started, and what they need to live.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// What the server runs as a process of its own: `function` is an extern "C" void(Datum) of this
// library.
struct WorkerProgram {
    std::string function;
    std::string type;  // backend_type in pg_stat_activity
    std::string name;  // in the server's log
};

// In _PG_init: the server starts it once it accepts writes, and again some time after it ended.
void register_worker(const WorkerProgram& program, std::chrono::seconds restart_after);

// A worker that the calling process had started, and whose start and end set its latch. The server
// never restarts it.
class StartedWorker {
  public:
    // False if the server has no place left for one more (max_worker_processes). `argument` is what
    // worker_argument() returns over there.
    bool start(const WorkerProgram& program, const std::string& argument);
    // False once it has ended or could not be started, and before the first start().
    bool alive();

  private:
    BackgroundWorkerHandle* handle_ = nullptr;
};

// ---- for the worker's own process
// ----------------------------------------------------------------

std::string worker_argument();
// From here on SIGTERM ends the process at its next check for interrupts, SIGHUP asks for a reload.
void accept_signals();
// As the bootstrap superuser. Ends the process if the database is not there.
void connect_to_database(const std::string& name);
// Without a database: only catalogs that all databases share can be read, and only by scanning
// them.
void connect_to_shared_catalogs();
// For as long as the process lives, whatever the settings of database and role say.
void set_for_good(const char* setting, const char* value);
// Reads the configuration files anew if that was asked for.
bool reload_settings();
// Sleeps until the latch is set or the time is over. A cancel finds nothing to cancel here, and is
// dropped; a request to end the process ends it.
void rest(std::chrono::milliseconds timeout, const char* event);
// Runs when the process has left its database, however it ends; for use before it connects. Nothing
// may leave `function` but its return.
void at_process_end(pg_on_exit_callback function, Datum argument);

// A lock of this database until the process ends. False if another has it. It is of a kind that the
// advisory lock functions of SQL cannot take.
bool take_process_lock(std::uint32_t key);

// What pg_stat_activity shows.
void report_running(const char* what);
void report_idle();
// Table and function statistics, at most once a second.
void report_statistics();

// Cancels what runs in its scope when the time is up: statement_timeout does nothing in workers.
class TimeLimit {
  public:
    explicit TimeLimit(std::chrono::milliseconds limit);
    ~TimeLimit();
    TimeLimit(const TimeLimit&) = delete;
    TimeLimit& operator=(const TimeLimit&) = delete;
};

}  // namespace ideamine::pg
