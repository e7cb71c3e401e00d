#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/read_store.hpp"
#include "jobs/settle_store.hpp"
#include "priority/enforce_store.hpp"
#include "priority/preempt_store.hpp"
#include "priority/priority_settings.hpp"
#include "priority/resume_store.hpp"
#include "priority/utilization_store.hpp"
#include "quota/leases_store.hpp"

using namespace ideamine;

namespace {

constexpr Duration longest_grace = std::chrono::hours{24};

std::optional<Duration> read_grace(const pg::Arguments& arguments, int argument) {
    const auto grace = arguments.optional<Duration>(argument);
    if (grace && (*grace < Duration::zero() || *grace > longest_grace)) {
        throw Error(Code::invalid_argument, "grace must be between 0 and 24 hours");
    }
    return grace > Duration::zero() ? grace : std::nullopt;
}

priority::Cause read_cause(const pg::Arguments& arguments) {
    priority::Cause cause{.reason = jobs::cut_error(arguments.required<std::string>(2, "reason")),
                          .resource = {},
                          .threshold = {},
                          .utilization = {},
                          .beneficiary = {}};
    if (const auto resource = arguments.optional<std::string>(3)) {
        cause.resource = quota::parse_resource(*resource);
    }
    return cause;
}

// Of what the tenant may have, as far as that is counted.
void note_utilization(priority::Cause& cause, const std::string& tenant) {
    if (cause.resource && std::ranges::count(quota::leasable, *cause.resource) > 0 &&
        quota::counts_leases()) {
        cause.utilization = priority::utilization(tenant, *cause.resource).share();
    }
}

// Why a job is not preempted, or what happens to it instead; none: it gives way.
std::optional<std::string_view> obstacle(const priority::Victim& victim) {
    switch (judge(victim.attempt, priority::limits(), std::nullopt, pg::now())) {
        case priority::Legality::is_critical:
            return "P0 is never preempted";
        case priority::Legality::is_spared:
        case priority::Legality::fails:
            return "max_preemptions";
        case priority::Legality::may:
        case priority::Legality::is_no_lower:
        case priority::Legality::cools_down:
            break;
    }
    return std::nullopt;
}

bool fails(const priority::Victim& victim) {
    return judge(victim.attempt, priority::limits(), std::nullopt, pg::now()) ==
           priority::Legality::fails;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_preempt_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto job = arguments.required<Uuid>(1, "job_id");
        auto cause = read_cause(arguments);
        const auto checkpoint = jobs::read_payload(arguments, 4, "checkpoint");
        const auto grace = read_grace(arguments, 5);
        pg::Returned returned{arguments};
        note_utilization(cause, tenant);
        const pg::Spi spi;
        const auto victim = priority::lock_running(tenant, job);
        const auto answer = [&](bool preempted, std::optional<std::string_view> reason,
                                std::optional<Time> stop_by) {
            returned.add(preempted, pg::Enum{"job_status", jobs::require_job(tenant, job)}, reason,
                         stop_by);
            return Datum{0};
        };
        if (!victim) {
            return answer(false, "it is not running", std::nullopt);
        }
        if (const auto reason = obstacle(*victim)) {
            if (fails(*victim)) {
                priority::fail_at_limit({*victim});
            }
            return answer(false, reason, std::nullopt);
        }
        if (grace) {
            const auto stop_by = saturating_add(pg::now(), *grace);
            priority::ask_to_stop({*victim}, cause, stop_by);
            return answer(false, "its worker was asked to stop", stop_by);
        }
        priority::preempt({*victim}, cause, checkpoint);
        return answer(true, std::nullopt, std::nullopt);
    });
}

IDEAMINE_FUNCTION(ideamine_resume_preempted_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto job = arguments.required<Uuid>(1, "job_id");
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const auto reason = priority::resume(tenant, job);
        returned.add(!reason.has_value(), reason);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_resume_preempted_jobs) {
    return pg::boundary([&] {
        access::require_platform("resume_preempted_jobs()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(priority::resume_all(at));
    });
}

IDEAMINE_FUNCTION(ideamine_enforce_closings) {
    return pg::boundary([&] {
        access::require_platform("enforce_closings()");
        constexpr std::int64_t most = 250;  // in one commit: the first of many stop soon
        const pg::Spi spi;
        return Int64GetDatum(priority::enforce_closings(most));
    });
}

IDEAMINE_FUNCTION(ideamine_end_graces) {
    return pg::boundary([&] {
        access::require_platform("end_graces()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(priority::end_graces(at));
    });
}
