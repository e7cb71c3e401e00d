#include "access/tenant_store.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "jobs/explain_store.hpp"
#include "jobs/read_store.hpp"

using namespace ideamine;

namespace {

constexpr std::int32_t most_listed = 10'000;

}  // namespace

IDEAMINE_FUNCTION(ideamine_get_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto job = arguments.required<Uuid>(1, "job_id");
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const pg::AsOwner owner;
        jobs::get_job(tenant, job, returned);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_get_runnable_jobs) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto max_jobs = arguments.optional<std::int32_t>(1).value_or(100);
        if (max_jobs < 1 || max_jobs > most_listed) {
            throw Error(Code::invalid_argument,
                        "max_jobs must be between 1 and " + std::to_string(most_listed));
        }
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const pg::AsOwner owner;
        access::require_tenant(tenant, access::Missing::is_error);
        jobs::get_runnable_jobs(tenant, max_jobs, pg::now(), returned);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_explain_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto job = arguments.required<Uuid>(1, "job_id");
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const pg::AsOwner owner;
        jobs::explain(tenant, job, returned);
        return Datum{0};
    });
}
