// What administrators and triggers tell the dispatch plane.
#include "access/caller_store.hpp"
#include "dispatch/dispatch_shared.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/trigger.hpp"
#include "jobs/load_store.hpp"
#include "jobs/ready_shared.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_reload_dispatch) {
    return pg::boundary([&] {
        access::require_platform("reload_dispatch()");
        const pg::Arguments arguments{fcinfo};
        dispatch::shared::load_anew();
        jobs::shared::announce_ready(1);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_reconcile_dispatch) {
    return pg::boundary([&] {
        access::require_platform("reconcile_dispatch()");
        const pg::Arguments arguments{fcinfo};
        const pg::Spi spi;
        return Int64GetDatum(jobs::reconcile_dispatch());
    });
}

IDEAMINE_FUNCTION(ideamine_get_dispatch_memory) {
    return pg::boundary([&] {
        access::require_platform("get_dispatch_memory()");
        const pg::Arguments arguments{fcinfo};
        pg::Returned returned{arguments};
        const dispatch::shared::Use plane{pg::current_installation()};
        const auto contents = dispatch::shared::contents(*plane.get());
        returned.add(to_string(contents.phase), static_cast<std::int64_t>(contents.jobs),
                     static_cast<std::int64_t>(contents.spilled_queues),
                     static_cast<std::int64_t>(contents.leases), contents.has_all_leases,
                     static_cast<std::int64_t>(dispatch::shared::memory_in_use()));
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_running_jobs) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        pg::Returned returned{arguments};
        const pg::Spi spi;
        jobs::list_running(arguments.optional<Uuid>(0), returned);
        return Datum{0};
    });
}

// After a tenant's weight was changed, whoever did it.
IDEAMINE_FUNCTION(ideamine_weight_changed) {
    return pg::boundary([&] {
        const pg::TriggerCall trigger{fcinfo};
        const auto tenant = trigger.new_text("tenant_id");
        const auto weight = trigger.new_text("weight");
        if (tenant && weight && dispatch::shared::is_available()) {
            dispatch::shared::set_weight(*tenant, static_cast<std::uint32_t>(std::stoul(*weight)));
        }
        return pg::TriggerCall::done();
    });
}

// After a TRUNCATE of the table that it is loaded from.
IDEAMINE_FUNCTION(ideamine_jobs_truncated) {
    return pg::boundary([&] {
        const pg::TriggerCall trigger{fcinfo};
        if (dispatch::shared::is_available()) {
            dispatch::shared::load_anew();
        }
        return pg::TriggerCall::done();
    });
}
