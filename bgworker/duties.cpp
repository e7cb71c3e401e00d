#include "bgworker/duties.hpp"

#include "bgworker/settings.hpp"

namespace ideamine::bgworker {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds resume_interval = std::chrono::seconds{30};
constexpr milliseconds history_interval = std::chrono::minutes{1};
constexpr milliseconds purge_interval = std::chrono::minutes{10};
constexpr milliseconds audit_interval = std::chrono::hours{1};
constexpr milliseconds first_pause_after_failure{1000};
constexpr milliseconds longest_pause_after_failure{60000};

constinit Duties table{{
    {"mark_stale_workers", Pace::sweep,
     pg::Statement{"SELECT pg_catalog.count(*) FROM ideamine.mark_stale_workers()"}},
    {"expire_leases", Pace::sweep,
     pg::Statement{"SELECT pg_catalog.count(*) FROM ideamine.expire_leases()"}},
    {"promote_scheduled_jobs", Pace::promote,
     pg::Statement{"SELECT ideamine.promote_scheduled_jobs()"}},
    {.name = "move_to_history",
     .pace = Pace::history,
     .pass = pg::Statement{"SELECT more::integer::bigint FROM ideamine.move_to_history()"},
     .since = Version{1, 2},
     .full_pass = 1},
    {.name = "drop_old_history",
     .pace = Pace::purge,
     .pass = pg::Statement{"SELECT ideamine.drop_old_history()"},
     .since = Version{1, 2},
     .full_pass = 1},
    {.name = "purge_finished_jobs",
     .pace = Pace::purge,
     .pass = pg::Statement{"SELECT ideamine.purge_finished_jobs()"},
     .full_pass = 10'000},
    {.name = "purge_dead_letters",
     .pace = Pace::purge,
     .pass = pg::Statement{"SELECT ideamine.purge_dead_letters()"},
     .full_pass = 10'000},
    {.name = "purge_workers",
     .pace = Pace::purge,
     .pass = pg::Statement{"SELECT ideamine.purge_workers()"},
     .full_pass = 10'000},
    {"readmit_waiting_jobs", Pace::sweep, pg::Statement{"SELECT ideamine.readmit_waiting_jobs()"},
     Version{1, 1}},
    {.name = "purge_idempotency_keys",
     .pace = Pace::purge,
     .pass = pg::Statement{"SELECT ideamine.purge_idempotency_keys()"},
     .since = Version{1, 1},
     .full_pass = 10'000},
    {.name = "evaluate_preemption_policy",
     .pace = Pace::resume,
     .pass = pg::Statement{"SELECT pg_catalog.count(*) FROM ideamine.evaluate_preemption_policy()"
                           " WHERE action <> 'none'"},
     .since = Version{1, 2},
     .tells = true,
     .bell = Bell::room,
     .rest_after_bell = milliseconds{100}},
    {"give_back_unclaimed_room", Pace::sweep,
     pg::Statement{"SELECT ideamine.give_back_unclaimed_room()"}, Version{1, 2}},
    {"end_graces", Pace::sweep, pg::Statement{"SELECT ideamine.end_graces()"}, Version{1, 2}},
    {"raise_waiting_jobs", Pace::resume, pg::Statement{"SELECT ideamine.raise_waiting_jobs()"},
     Version{1, 2}},
    {.name = "act_on_budgets",
     .pace = Pace::resume,
     .pass = pg::Statement{"SELECT ideamine.act_on_budgets()"},
     .since = Version{1, 2},
     .tells = true,
     .bell = Bell::budgets},
    {.name = "sweep_budgets",
     .pace = Pace::check,
     .pass = pg::Statement{"SELECT ideamine.sweep_budgets()"},
     .since = Version{1, 2},
     .tells = true},
    {.name = "enforce_closings",
     .pace = Pace::promote,
     .pass = pg::Statement{"SELECT ideamine.enforce_closings()"},
     .since = Version{1, 2},
     .full_pass = 1,
     .tells = true,
     .bell = Bell::closings},
    {.name = "reopen_jobs",
     .pace = Pace::resume,
     .pass = pg::Statement{"SELECT ideamine.reopen_jobs()"},
     .since = Version{1, 2},
     .full_pass = 10'000,
     .bell = Bell::closings},
    {.name = "resume_preempted_jobs",
     .pace = Pace::resume,
     .pass = pg::Statement{"SELECT ideamine.resume_preempted_jobs()"},
     .since = Version{1, 2},
     .tells = true,
     .bell = Bell::freed,
     .rest_after_bell = milliseconds{100}},
    {.name = "purge_preemption_history",
     .pace = Pace::purge,
     .pass = pg::Statement{"SELECT ideamine.purge_preemption_history()"},
     .since = Version{1, 2},
     .full_pass = 10'000},
    {"expire_cost_reservations", Pace::resume,
     pg::Statement{"SELECT ideamine.expire_cost_reservations()"}, Version{1, 2}},
    {.name = "purge_costs",
     .pace = Pace::purge,
     .pass = pg::Statement{"SELECT ideamine.purge_costs()"},
     .since = Version{1, 2},
     .full_pass = 10'000},
    {"roll_up_costs", Pace::purge, pg::Statement{"SELECT ideamine.roll_up_costs()"}, Version{1, 2}},
    {"drop_old_costs", Pace::purge, pg::Statement{"SELECT ideamine.drop_old_costs()"},
     Version{1, 2}},
    {.name = "record_violations",
     .pace = Pace::promote,
     .pass = pg::Statement{"SELECT ideamine.record_violations()"},
     .since = Version{1, 2},
     .tells = true},
    {"reconcile_dispatch", Pace::purge, pg::Statement{"SELECT ideamine.reconcile_dispatch()"},
     Version{1, 2}, "jobs that may run were missing in shared memory"},
    {.name = "pass_on_classes",
     .pace = Pace::resume,
     .pass = pg::Statement{"SELECT ideamine.pass_on_classes()"},
     .since = Version{1, 2},
     .full_pass = 10'000},
    {"roll_up_usage", Pace::purge, pg::Statement{"SELECT ideamine.roll_up_usage()"}, Version{1, 2}},
    {"cleanup_old_usage_records", Pace::purge,
     pg::Statement{"SELECT ideamine.cleanup_old_usage_records()"}, Version{1, 2}},
    {"audit_counters", Pace::audit,
     pg::Statement{"SELECT pg_catalog.count(*) FROM ideamine.audit_counters()"
                   " WHERE state = 'broken'"},
     Version{1, 2}, "counters in shared memory differ from their tables"},
}};

// 1 s, 2 s, 4 s … 1 min.
milliseconds pause_after(int failures) {
    constexpr int doublings = 6;
    return std::min(longest_pause_after_failure,
                    first_pause_after_failure * (1 << std::min(failures - 1, doublings)));
}

}  // namespace

Duties& duties() {
    return table;
}

milliseconds interval(Pace pace) {
    switch (pace) {
        case Pace::sweep:
            return settings::sweep_interval();
        case Pace::promote:
            return settings::sweep_interval() / 4;
        case Pace::resume:
            return std::min<milliseconds>(resume_interval, settings::sweep_interval() * 30);
        case Pace::history:
            return std::min<milliseconds>(history_interval, settings::sweep_interval() * 60);
        case Pace::purge:
            return purge_interval;
        case Pace::audit:
        case Pace::check:
            return audit_interval;
    }
    return purge_interval;
}

Schedule::Schedule(Pace pace, SteadyTime now)
    : pace_(pace),
      due_(pace == Pace::sweep || pace == Pace::promote || pace == Pace::check
               ? now
               : now + interval(pace)) {}

void Schedule::succeeded(SteadyTime now, bool is_more) {
    failures_ = 0;
    passed_ = now;
    due_ = is_more ? now : now + interval(pace_);
}

void Schedule::failed(SteadyTime now) {
    ++failures_;
    due_ = now + std::max(interval(pace_), pause_after(failures_));
}

void Schedule::rung(SteadyTime now) {
    if (!failing()) {
        due_ = std::min(due_, now);
    }
}

void Schedule::settings_changed(SteadyTime now) {
    if (!failing()) {
        due_ = std::min(due_, now + interval(pace_));
    }
}

}  // namespace ideamine::bgworker
