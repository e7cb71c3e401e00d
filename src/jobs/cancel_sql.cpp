#include "access/tenant_store.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/dependents_store.hpp"
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
        const auto cancelled = jobs::cancel(job, reason);
        auto count = static_cast<std::int32_t>(cancelled.jobs.size());
        if (count > 0) {
            count += static_cast<std::int32_t>(
                jobs::cancel_dependents(cancelled, "a job that it depends on was cancelled"));
        }
        const auto status = jobs::require_job(job.tenants.front(), job.jobs.front());
        returned.add(pg::Enum{"ideamine.job_status", status}, count);
        return Datum{0};
    });
}
