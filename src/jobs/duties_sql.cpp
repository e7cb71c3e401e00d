// One pass each of what the background worker does about jobs.
#include "access/caller_store.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/concurrency_store.hpp"
#include "jobs/history_store.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/promote_store.hpp"
#include "jobs/purge_store.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_promote_scheduled_jobs) {
    return pg::boundary([&] {
        access::require_platform("promote_scheduled_jobs()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(jobs::promote_scheduled(at));
    });
}

IDEAMINE_FUNCTION(ideamine_readmit_waiting_jobs) {
    return pg::boundary([&] {
        access::require_platform("readmit_waiting_jobs()");
        const pg::Spi spi;
        return Int64GetDatum(jobs::readmit_all());
    });
}

IDEAMINE_FUNCTION(ideamine_move_to_history) {
    return pg::boundary([&] {
        access::require_platform("move_to_history()");
        const pg::Arguments arguments{fcinfo};
        const auto at = arguments.optional<Time>(0).value_or(pg::now());
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const auto [jobs, more] = jobs::move_to_history(saturating_add(at, -jobs::history_after()),
                                                        saturating_add(at, -jobs::job_retention()));
        returned.add(jobs, more);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_drop_old_history) {
    return pg::boundary([&] {
        access::require_platform("drop_old_history()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(jobs::drop_old_history(saturating_add(at, -jobs::job_retention())));
    });
}

IDEAMINE_FUNCTION(ideamine_purge_finished_jobs) {
    return pg::boundary([&] {
        access::require_platform("purge_finished_jobs()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(jobs::purge_finished_jobs(saturating_add(at, -jobs::job_retention())));
    });
}

IDEAMINE_FUNCTION(ideamine_purge_dead_letters) {
    return pg::boundary([&] {
        access::require_platform("purge_dead_letters()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(
            jobs::purge_dead_letters(saturating_add(at, -jobs::dead_letter_retention())));
    });
}
