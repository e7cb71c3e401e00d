#include "priority/priority_settings.hpp"

#include "ideamine/pg/settings.hpp"

namespace ideamine::priority {

namespace {

constexpr int seconds_per_day = 24 * 60 * 60;

constinit int max_preemptions = 0;
constinit bool fail_at_max_preemptions = false;
constinit int preemption_cooldown = 0;
constinit int aging_seconds = 0;

}  // namespace

void define_settings() {
    pg::define(pg::IntSetting{
        .name = "ideamine.max_preemptions",
        .description = "How often a job gives way to others, budgets apart.",
        .variable = &max_preemptions,
        .initial = 3,
        .least = 0,
        .most = 1000,
    });
    pg::define(pg::BoolSetting{
        .name = "ideamine.fail_at_max_preemptions",
        .description =
            "Whether a job that is to give way once more fails instead; otherwise it is spared.",
        .variable = &fail_at_max_preemptions,
        .initial = true,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.preemption_cooldown",
        .description = "How long a job that was resumed runs before it may be preempted again.",
        .variable = &preemption_cooldown,
        .initial = 5 * 60,
        .least = 0,
        .most = seconds_per_day,
        .unit = pg::Unit::seconds,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.aging_interval",
        .description =
            "How long a job waits until it is handed out with the next class; 0: for ever.",
        .variable = &aging_seconds,
        .initial = 15 * 60,
        .least = 0,
        .most = 365 * seconds_per_day,
        .unit = pg::Unit::seconds,
    });
}

Limits limits() {
    return {.max_preemptions = max_preemptions,
            .fails_at_limit = fail_at_max_preemptions,
            .cooldown = std::chrono::seconds{preemption_cooldown}};
}

Duration aging_interval() {
    return std::chrono::seconds{aging_seconds};
}

}  // namespace ideamine::priority
