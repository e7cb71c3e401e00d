#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/settle_store.hpp"
#include "workflow/runs_store.hpp"

using namespace ideamine;

namespace {

struct Run {
    std::string tenant;
    Uuid id;
};

Run run_of(const pg::Arguments& arguments) {
    return {access::resolve_tenant(arguments.optional<std::string>(0)),
            arguments.required<Uuid>(1, "run")};
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_pause_run) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto [tenant, run] = run_of(arguments);
        auto reason = arguments.optional<std::string>(2);
        if (reason) {
            reason = jobs::cut_error(*std::move(reason));
        }
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::is_error);
        return BoolGetDatum(workflow::pause(tenant, run, reason));
    });
}

IDEAMINE_FUNCTION(ideamine_resume_run) {
    return pg::boundary([&] {
        const auto [tenant, run] = run_of(pg::Arguments{fcinfo});
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::is_error);
        return BoolGetDatum(workflow::resume(tenant, run));
    });
}

IDEAMINE_FUNCTION(ideamine_reopen_jobs) {
    return pg::boundary([&] {
        access::require_platform("reopen_jobs()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(workflow::reopen(at));
    });
}
