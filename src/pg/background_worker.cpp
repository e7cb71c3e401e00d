#include "ideamine/pg/background_worker.hpp"

#include "ideamine/pg/wait.hpp"

extern "C" {
#include "tcop/tcopprot.h"
#include "utils/timeout.h"
}

namespace ideamine::pg {

namespace {

// Of LOCKTAG_ADVISORY; 1 and 2 are those of pg_advisory_lock() with one and two arguments.
constexpr std::uint16_t process_lock_kind = 3;

BackgroundWorker describe(const WorkerProgram& program) {
    BackgroundWorker worker{};
    strlcpy(worker.bgw_name, program.name.c_str(), sizeof worker.bgw_name);
    strlcpy(worker.bgw_type, program.type.c_str(), sizeof worker.bgw_type);
    strlcpy(worker.bgw_library_name, "ideamine", sizeof worker.bgw_library_name);
    strlcpy(worker.bgw_function_name, program.function.c_str(), sizeof worker.bgw_function_name);
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    return worker;
}

}  // namespace

void register_worker(const WorkerProgram& program, std::chrono::seconds restart_after) {
    auto worker = describe(program);
    worker.bgw_restart_time = static_cast<int>(restart_after.count());
    call([&worker] { RegisterBackgroundWorker(&worker); });
}

bool StartedWorker::start(const WorkerProgram& program, const std::string& argument) {
    auto worker = describe(program);
    strlcpy(worker.bgw_extra, argument.c_str(), sizeof worker.bgw_extra);
    worker.bgw_notify_pid = MyProcPid;
    return call([&] {
        const MemoryContext outer = MemoryContextSwitchTo(TopMemoryContext);
        const bool registered = RegisterDynamicBackgroundWorker(&worker, &handle_);
        MemoryContextSwitchTo(outer);
        return registered;
    });
}

bool StartedWorker::alive() {
    if (handle_ == nullptr) {
        return false;
    }
    pid_t pid = 0;
    const auto status = call([&] { return GetBackgroundWorkerPid(handle_, &pid); });
    if (status == BGWH_STARTED || status == BGWH_NOT_YET_STARTED) {
        return true;
    }
    pfree(std::exchange(handle_, nullptr));
    return false;
}

std::string worker_argument() {
    return MyBgworkerEntry->bgw_extra;
}

void accept_signals() {
    pqsignal(SIGTERM, die);
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    BackgroundWorkerUnblockSignals();
}

void connect_to_database(const std::string& name) {
    call([&name] { BackgroundWorkerInitializeConnection(name.c_str(), nullptr, 0); });
}

void connect_to_shared_catalogs() {
    call([] { BackgroundWorkerInitializeConnection(nullptr, nullptr, 0); });
}

void set_for_good(const char* setting, const char* value) {
    call([=] { SetConfigOption(setting, value, PGC_SUSET, PGC_S_OVERRIDE); });
}

bool reload_settings() {
    if (!ConfigReloadPending) {
        return false;
    }
    ConfigReloadPending = false;
    call([] { ProcessConfigFile(PGC_SIGHUP); });
    return true;
}

void rest(std::chrono::milliseconds timeout, const char* event) {
    HOLD_CANCEL_INTERRUPTS();
    wait_on_latch(timeout, event);
    RESUME_CANCEL_INTERRUPTS();
    QueryCancelPending = false;
}

void at_process_end(pg_on_exit_callback function, Datum argument) {
    // these run last in, first out: what is registered before the connection is made runs after its
    // end
    call([=] { on_shmem_exit(function, argument); });
}

bool take_process_lock(std::uint32_t key) {
    return call([key] {
        LOCKTAG tag;
        SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, key, process_lock_kind);
        return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
    });
}

void report_running(const char* what) {
    pgstat_report_activity(STATE_RUNNING, what);
}

void report_idle() {
    pgstat_report_activity(STATE_IDLE, nullptr);
}

void report_statistics() {
    call([] { pgstat_report_stat(false); });
}

TimeLimit::TimeLimit(std::chrono::milliseconds limit) {
    call([limit] { enable_timeout_after(STATEMENT_TIMEOUT, static_cast<int>(limit.count())); });
}

TimeLimit::~TimeLimit() {
    disable_timeout(STATEMENT_TIMEOUT, false);
    // it may have fired just now, and must not cancel what comes next
    QueryCancelPending = false;
}

}  // namespace ideamine::pg
