#include "bgworker/settings.hpp"

#include "ideamine/pg/database.hpp"
#include "ideamine/pg/settings.hpp"

namespace ideamine::bgworker {

namespace {

constinit char* database_list = nullptr;
constinit int restart_gap = 0;
constinit int sweep = 0;
constinit int timeout = 0;
constinit int quiet_period = 0;

}  // namespace

void define_settings() {
    pg::define(pg::TextSetting{
        .name = "ideamine.databases",
        .description = "Databases that get a background worker, separated by commas; quoted like "
                       "identifiers in SQL.",
        .variable = &database_list,
        .initial = "",
        .changed = pg::Changed::by_reload,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.worker_restart_gap",
        .description = "Least time between two starts of the background worker of a database.",
        .variable = &restart_gap,
        .initial = 5,
        .least = 1,
        .most = 3600,
        .unit = pg::Unit::seconds,
        .changed = pg::Changed::by_reload,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.sweep_interval",
        .description =
            "Time between two passes of the duties that give up stale workers and expired "
            "leases; scheduled jobs are looked at four times as often.",
        .variable = &sweep,
        .initial = 1000,
        .least = 50,
        .most = 60000,
        .unit = pg::Unit::milliseconds,
        .changed = pg::Changed::by_reload,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.duty_timeout",
        .description = "Longest time that one pass of a duty of a background worker may take.",
        .variable = &timeout,
        .initial = 60000,
        .least = 100,
        .most = 3600000,
        .unit = pg::Unit::milliseconds,
        .changed = pg::Changed::by_reload,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.restore_quiet_period",
        .description =
            "How long a background worker stays idle after the last sign of a restore of its "
            "database.",
        .variable = &quiet_period,
        .initial = 10,
        .least = 0,
        .most = 3600,
        .unit = pg::Unit::seconds,
        .changed = pg::Changed::by_reload,
    });
}

namespace settings {

std::optional<std::vector<std::string>> databases() {
    return pg::split_names(database_list);
}

std::chrono::seconds worker_restart_gap() {
    return std::chrono::seconds{restart_gap};
}

std::chrono::milliseconds sweep_interval() {
    return std::chrono::milliseconds{sweep};
}

std::chrono::milliseconds duty_timeout() {
    return std::chrono::milliseconds{timeout};
}

std::chrono::seconds restore_quiet_period() {
    return std::chrono::seconds{quiet_period};
}

}  // namespace settings
}  // namespace ideamine::bgworker
