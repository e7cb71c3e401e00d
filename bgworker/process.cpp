#include "bgworker/process.hpp"

#include "ideamine/pg/background_worker.hpp"

namespace ideamine::bgworker::process {

void begin() {
    pg::accept_signals();
}

bool rest(std::chrono::milliseconds pause) {
    pg::rest(pause, "IdeamineWorkerMain");
    return pg::reload_settings();
}

Busy::Busy(const char* what) {
    pg::report_running(what);
}

Busy::~Busy() {
    pg::report_idle();
}

}  // namespace ideamine::bgworker::process
