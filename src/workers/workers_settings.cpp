#include "workers/workers_settings.hpp"

#include "ideamine/pg/settings.hpp"

namespace ideamine::workers {

namespace {

constinit int worker_timeout_seconds = 0;
constinit bool auto_replace = false;

}  // namespace

void define_settings() {
    pg::define(pg::IntSetting{
        .name = "ideamine.worker_timeout",
        .description =
            "How long a worker may be silent before it is given up and its jobs requeued.",
        .variable = &worker_timeout_seconds,
        .initial = 60,
        .least = 1,
        .most = 24 * 60 * 60,
        .unit = pg::Unit::seconds,
    });
    pg::define(pg::BoolSetting{
        .name = "ideamine.auto_replace_workers",
        .description = "Whether a successor is registered for each worker that is given up.",
        .variable = &auto_replace,
        .initial = false,
    });
}

Duration worker_timeout() {
    return std::chrono::seconds{worker_timeout_seconds};
}

Duration longest_unwritten() {
    return 5 * worker_timeout();
}

bool auto_replace_workers() {
    return auto_replace;
}

}  // namespace ideamine::workers
