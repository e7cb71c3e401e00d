// What the library brings into a server that loads it.
#include "access/access_settings.hpp"
#include "access/caller_store.hpp"
#include "admission/admission_settings.hpp"
#include "admission/admission_shared.hpp"
#include "bgworker/launcher.hpp"
#include "budget/budget_settings.hpp"
#include "budget/job_money_store.hpp"
#include "budget/ledger_store.hpp"
#include "budget/stopped_store.hpp"
#include "dispatch/dispatch_settings.hpp"
#include "dispatch/planes_shared.hpp"
#include "ideamine/pg/bell.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/settings.hpp"
#include "idempotency/idempotency_settings.hpp"
#include "jobs/claim_shared.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/ready_shared.hpp"
#include "jobs/unseen_shared.hpp"
#include "priority/enforce_store.hpp"
#include "priority/priority_settings.hpp"
#include "quota/quota_settings.hpp"
#include "quota/room.hpp"
#include "quota/violations_shared.hpp"
#include "workers/beats_shared.hpp"
#include "workers/workers_settings.hpp"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init();
}

using namespace ideamine;

void _PG_init() {
    pg::boundary([] {
        access::define_settings();
        admission::define_settings(process_shared_preload_libraries_in_progress);
        dispatch::define_settings(process_shared_preload_libraries_in_progress);
        jobs::define_settings();
        idempotency::define_settings();
        quota::define_settings();
        priority::define_settings();
        budget::define_settings();
        workers::define_settings();
        bgworker::define_settings();
        pg::define_fault_setting();
        pg::reserve_prefix("ideamine");
        access::guard_explain();
        if (process_shared_preload_libraries_in_progress) {
            pg::bell::reserve();
            jobs::shared::reserve();
            jobs::shared::reserve_sleepers();
            jobs::shared::watch_unseen_commits();
            jobs::look_up_weights();
            quota::when_room_is_made(jobs::shared::announce_ready);
            budget::let_audit();
            budget::keep_money_of_jobs();
            priority::when_stopped(budget::note_stopped);
            admission::shared::reserve();
            dispatch::shared::reserve();
            quota::shared::reserve_violations();
            workers::shared::reserve_beats();
            bgworker::register_launcher();
        }
    });
}
