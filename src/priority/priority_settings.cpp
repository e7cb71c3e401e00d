#include "priority/priority_settings.hpp"

#include "ideamine/pg/settings.hpp"

namespace ideamine::priority {

namespace {

constexpr int seconds_per_day = 24 * 60 * 60;

constinit int max_preemptions = 0;
constinit bool fail_at_max_preemptions = false;
constinit int preemption_cooldown = 0;
constinit int aging_seconds = 0;
constinit int preemption_grace_seconds = 0;
constinit int held_room_seconds = 0;
constinit double round_share = 0;
constinit double spared_share = 0;

void define_round_settings() {
    pg::define(pg::IntSetting{
        .name = "ideamine.preemption_grace",
        .description = "How long workers have to hand back jobs that give way by a policy.",
        .variable = &preemption_grace_seconds,
        .initial = 0,
        .least = 0,
        .most = seconds_per_day,
        .unit = pg::Unit::seconds,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.held_room_timeout",
        .description = "How long room is held for a job for which others gave way.",
        .variable = &held_room_seconds,
        .initial = 60,
        .least = 1,
        .most = seconds_per_day,
        .unit = pg::Unit::seconds,
    });
    pg::define(pg::RealSetting{
        .name = "ideamine.preemption_round_share",
        .description = "Share of the running jobs that give way at most in one round; who is first "
                       "to gain by it gets what it needs all the same.",
        .variable = &round_share,
        .initial = 0.2,
        .least = 0,
        .most = 1,
    });
    pg::define(pg::RealSetting{
        .name = "ideamine.preemption_spared_share",
        .description = "Share of a resource up to which jobs that gave way as often as they may "
                       "are spared; with more of it they fail.",
        .variable = &spared_share,
        .initial = 0.5,
        .least = 0,
        .most = 1,
    });
}

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
    define_round_settings();
}

Limits limits() {
    return {.max_preemptions = max_preemptions,
            .fails_at_limit = fail_at_max_preemptions,
            .cooldown = std::chrono::seconds{preemption_cooldown}};
}

Duration preemption_grace() {
    return std::chrono::seconds{preemption_grace_seconds};
}

Duration held_room_timeout() {
    return std::chrono::seconds{held_room_seconds};
}

double preemption_round_share() {
    return round_share;
}

double preemption_spared_share() {
    return spared_share;
}

Duration aging_interval() {
    return std::chrono::seconds{aging_seconds};
}

}  // namespace ideamine::priority
