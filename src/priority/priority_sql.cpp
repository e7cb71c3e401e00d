#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "dispatch/dispatch_shared.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/caller.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/watched_table.hpp"
#include "jobs/inheritance_store.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/settle_store.hpp"
#include "priority/aging.hpp"
#include "priority/assign_store.hpp"
#include "priority/capacity_store.hpp"
#include "priority/explain_store.hpp"
#include "priority/history_store.hpp"
#include "priority/priority_settings.hpp"
#include "priority/utilization_store.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_assign_priority) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto job = arguments.required<Uuid>(1, "job_id");
        priority::Assignment assignment{.priority_class = jobs::parse_priority_class(
                                            arguments.required<std::string>(2, "class")),
                                        .reason = arguments.optional<std::string>(3),
                                        .overridable = arguments.optional<bool>(4).value_or(true)};
        if (assignment.reason) {
            assignment.reason = jobs::cut_error(*std::move(assignment.reason));
        }
        pg::Returned returned{arguments};
        const bool is_administrator = pg::acts_as("ideamine_admin");
        const pg::Spi spi;
        const auto previous = priority::assign(tenant, job, assignment, is_administrator);
        const auto name = [](jobs::PriorityClass priority_class) {
            return pg::Enum{"priority_class", jobs::to_string(priority_class)};
        };
        returned.add(name(previous), name(assignment.priority_class));
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_get_resource_utilization) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = arguments.optional<std::string>(0);
        if (tenant) {
            access::check_caller(*tenant);
        } else {
            access::require_platform("get_resource_utilization() of the platform");
        }
        pg::Returned returned{arguments};
        for (const auto resource : quota::leasable) {
            const auto of = priority::utilization(tenant, resource);
            const auto units = [digits = quota::decimal_digits(resource)](auto amount) {
                return pg::Units{amount, digits};
            };
            returned.add(pg::Enum{"resource", to_string(resource)}, units(of.used),
                         units(of.capacity), of.share());
        }
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_set_platform_capacity) {
    return pg::boundary([&] {
        access::require_platform("set_platform_capacity()");
        const pg::Arguments arguments{fcinfo};
        const auto resource = quota::parse_held(arguments.required<std::string>(0, "resource"));
        const auto capacity = arguments.optional<pg::Decimal>(1);
        const pg::Spi spi;
        if (!capacity) {
            return BoolGetDatum(priority::remove_capacity(resource));
        }
        const auto digits = quota::decimal_digits(resource);
        const auto units = pg::to_units("capacity", *capacity, digits, pg::Rounding::up, true);
        if (units < 0) {
            throw Error(Code::invalid_argument, "capacity must not be negative");
        }
        priority::set_capacity(resource, {units, digits});
        return BoolGetDatum(true);
    });
}

// Whose job it is, as far as the caller may know.
IDEAMINE_FUNCTION(ideamine_explain_preemption) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto job = arguments.required<Uuid>(0, "job_id");
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const pg::AsOwner owner;
        const auto tenant = priority::tenant_of(job);
        pg::hear_of_changes();
        if (!tenant || !access::caller_sees(*tenant)) {
            throw Error(Code::unknown, "job " + to_string(job) + " does not exist");
        }
        priority::explain(*tenant, job, returned);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_purge_preemption_history) {
    return pg::boundary([&] {
        access::require_platform("purge_preemption_history()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(priority::purge_history(saturating_add(at, -jobs::job_retention())));
    });
}

IDEAMINE_FUNCTION(ideamine_raise_waiting_jobs) {
    return pg::boundary([&] {
        access::require_platform("raise_waiting_jobs()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        return Int64GetDatum(
            static_cast<std::int64_t>(dispatch::shared::age(at, priority::aging_interval())));
    });
}

IDEAMINE_FUNCTION(ideamine_pass_on_classes) {
    return pg::boundary([] {
        access::require_platform("pass_on_classes()");
        const pg::Spi spi;
        return Int64GetDatum(jobs::sweep_classes());
    });
}

IDEAMINE_FUNCTION(ideamine_effective_class) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto assigned =
            jobs::parse_priority_class(arguments.required<std::string>(0, "class"));
        const auto since = arguments.optional<Time>(1);
        const auto waited = since ? pg::now() - *since : Duration::zero();
        const auto effective = priority::aged(assigned, waited, priority::aging_interval());
        return arguments.returned(pg::Enum{"priority_class", jobs::to_string(effective)});
    });
}
