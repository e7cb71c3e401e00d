#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/json.hpp"
#include "jobs/job_request.hpp"
#include "jobs/jobs_settings.hpp"
#include "workers/beats_shared.hpp"
#include "workers/lost_store.hpp"
#include "workers/replace_store.hpp"
#include "workers/worker_store.hpp"

using namespace ideamine;

namespace {

constexpr std::size_t max_tenants_of_worker = 1000;

workers::Registration read_registration(const pg::Arguments& arguments) {
    workers::Registration registration{
        .worker_type = arguments.required<std::string>(0, "worker_type"),
        .capabilities =
            arguments.optional<std::vector<std::string>>(1).value_or(std::vector<std::string>{}),
        .capacity = arguments.optional<std::int32_t>(2),
        .tenants = arguments.optional<std::vector<std::string>>(3)};
    check_identifier("worker_type", registration.worker_type);
    jobs::normalise_names("capabilities", registration.capabilities,
                          jobs::max_required_capabilities);
    if (registration.capacity.value_or(1) < 1) {
        throw Error(Code::invalid_argument, "capacity must be positive");
    }
    if (registration.tenants) {
        jobs::normalise_names("tenants", *registration.tenants, max_tenants_of_worker);
    }
    return registration;
}

// A login that is bound to tenants registers workers for those only.
void keep_to_caller(std::optional<std::vector<std::string>>& tenants) {
    if (access::caller_is_platform()) {
        return;
    }
    if (!tenants) {
        tenants = access::caller_tenants();
    }
    if (tenants->empty()) {
        throw Error(Code::invalid_argument, "tenants must not be empty", {},
                    "A worker for no tenant is the platform's.");
    }
    for (const auto& tenant : *tenants) {
        access::check_caller(tenant);
    }
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_register_worker) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        auto registration = read_registration(arguments);
        keep_to_caller(registration.tenants);
        const pg::Spi spi;
        if (registration.tenants) {
            for (const auto& tenant : *registration.tenants) {
                access::require_tenant(tenant, access::Missing::may_create);
            }
        }
        return arguments.returned(workers::insert(registration));
    });
}

IDEAMINE_FUNCTION(ideamine_heartbeat) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto id = arguments.required<Uuid>(0, "worker_id");
        const auto metrics = arguments.optional<pg::Json>(1);
        if (metrics && pg::JsonValue::of(*metrics).kind() != pg::JsonValue::Kind::object) {
            throw Error(Code::invalid_argument, "metrics must be a JSON object");
        }
        if (metrics) {
            jobs::check_payload_size("metrics", *metrics);
        }
        pg::Returned returned{arguments};
        const pg::Spi spi;
        // notices are looked for after that: whoever has given one since then knows of it
        if (!metrics && workers::try_keep_alive(workers::look(id)) &&
            !workers::has_stop_notices(id)) {
            return Datum{0};
        }
        const auto worker = workers::hold(id, workers::Hold::to_change);
        workers::check_alive(worker);
        metrics ? workers::touch(id, metrics) : workers::keep_alive(worker);
        workers::take_stop_notices(id, returned);
        return Datum{0};
    });
}

namespace {

// Of no worker nothing is known.
template <typename Find>
Datum returned_beat(FunctionCallInfo fcinfo, Find find) {
    const pg::Arguments arguments{fcinfo};
    const auto worker = arguments.optional<Uuid>(0);
    const auto written = arguments.optional<Time>(1);
    return pg::returned_time(
        fcinfo, worker && written ? std::optional{find(*worker, *written)} : std::nullopt);
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_latest_heartbeat) {
    return pg::boundary([&] { return returned_beat(fcinfo, workers::shared::latest_beat); });
}

IDEAMINE_FUNCTION(ideamine_latest_possible_heartbeat) {
    return pg::boundary(
        [&] { return returned_beat(fcinfo, workers::shared::latest_possible_beat); });
}

IDEAMINE_FUNCTION(ideamine_drain_worker) {
    return pg::boundary([&] {
        const auto id = pg::Arguments{fcinfo}.required<Uuid>(0, "worker_id");
        const pg::Spi spi;
        workers::check_alive(workers::hold(id, workers::Hold::to_end));
        workers::set_status(id, workers::Status::draining);
        return Int32GetDatum(workers::count_held_jobs(id));
    });
}

IDEAMINE_FUNCTION(ideamine_terminate_worker) {
    return pg::boundary([&] {
        const auto id = pg::Arguments{fcinfo}.required<Uuid>(0, "worker_id");
        const pg::Spi spi;
        if (workers::has_ended(workers::hold(id, workers::Hold::to_end).status)) {
            return Int32GetDatum(0);
        }
        workers::set_status(id, workers::Status::terminated);
        return Int32GetDatum(workers::release_jobs_of(id));
    });
}

IDEAMINE_FUNCTION(ideamine_replace_failed_worker) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto id = arguments.required<Uuid>(0, "worker_id");
        const pg::Spi spi;
        return arguments.returned(workers::replace(id));
    });
}

IDEAMINE_FUNCTION(ideamine_mark_stale_workers) {
    return pg::boundary([&] {
        access::require_platform("mark_stale_workers()");
        const pg::Arguments arguments{fcinfo};
        pg::Returned returned{arguments};
        const pg::Spi spi;
        workers::mark_stale(arguments.optional<Time>(0).value_or(pg::now()), returned);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_expire_leases) {
    return pg::boundary([&] {
        access::require_platform("expire_leases()");
        const pg::Arguments arguments{fcinfo};
        pg::Returned returned{arguments};
        const pg::Spi spi;
        workers::expire_leases(arguments.optional<Time>(0).value_or(pg::now()), returned);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_purge_workers) {
    return pg::boundary([&] {
        access::require_platform("purge_workers()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(workers::purge(saturating_add(at, -jobs::job_retention())));
    });
}
