#include "access/tenant_store.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/conclude_store.hpp"
#include "jobs/read_store.hpp"
#include "jobs/settle_store.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_cancel_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        jobs::JobRefs job;
        job.add(access::resolve_tenant(arguments.optional<std::string>(0)),
                arguments.required<Uuid>(1, "job_id"));
        auto reason = arguments.optional<std::string>(2);
        if (reason) {
            reason = jobs::cut_error(*std::move(reason));
        }
        pg::Returned returned{arguments};
        const pg::Spi spi;
        jobs::require_job(job.tenants.front(), job.jobs.front());
        const auto cancelled = jobs::cancel_listed(job, reason);
        jobs::Ended ended;
        ended.add(cancelled);
        const auto count = static_cast<std::int64_t>(cancelled.jobs.jobs.size()) +
                           jobs::conclude(std::move(ended)).cancelled;
        const auto status = jobs::require_job(job.tenants.front(), job.jobs.front());
        returned.add(pg::Enum{"job_status", status}, static_cast<std::int32_t>(count));
        return Datum{0};
    });
}
