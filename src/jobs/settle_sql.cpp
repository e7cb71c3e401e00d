#include "access/tenant_store.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/json.hpp"
#include "jobs/checkpoint_store.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/settle_store.hpp"

using namespace ideamine;

namespace {

jobs::LeaseRef read_lease(const pg::Arguments& arguments) {
    return {.tenant = access::resolve_tenant(arguments.optional<std::string>(0)),
            .job = arguments.required<Uuid>(1, "job_id"),
            .epoch = arguments.required<std::int64_t>(2, "epoch")};
}

jobs::Settlement settle_one(const jobs::Ending& ending) {
    auto settlement = jobs::settle({ending});
    if (const auto answer = settlement.endings.front().answer; answer != jobs::Answer::ok) {
        jobs::throw_refusal(ending.lease, answer);
    }
    return settlement;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_complete_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const jobs::Ending ending{.lease = read_lease(arguments),
                                  .outcome = jobs::Outcome::completed,
                                  .data = jobs::read_payload(arguments, 3, "result")};
        const pg::Spi spi;
        return Int32GetDatum(static_cast<std::int32_t>(settle_one(ending).unblocked));
    });
}

IDEAMINE_FUNCTION(ideamine_fail_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        jobs::Ending ending{.lease = read_lease(arguments), .outcome = jobs::Outcome::failed};
        ending.error = jobs::cut_error(arguments.required<std::string>(3, "error"));
        ending.retryable = arguments.optional<bool>(4).value_or(true);
        ending.retry_after = arguments.optional<Duration>(5);
        if (ending.retry_after && (*ending.retry_after < Duration::zero() ||
                                   *ending.retry_after > std::chrono::days{365})) {
            throw Error(Code::invalid_argument, "retry_after must be between 0 and 365 days");
        }
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const auto settled = settle_one(ending).endings.front();
        returned.add(pg::Enum{"job_status", settled.status}, settled.retry_at,
                     settled.retries_left);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_save_checkpoint) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto lease = read_lease(arguments);
        const auto checkpoint = arguments.required<pg::Json>(3, "checkpoint");
        jobs::check_payload_size("checkpoint", checkpoint);
        const pg::Spi spi;
        if (const auto answer = jobs::save_checkpoint(lease, checkpoint);
            answer != jobs::Answer::ok) {
            jobs::throw_refusal(lease, answer);
        }
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_release_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        jobs::Ending ending{.lease = read_lease(arguments), .outcome = jobs::Outcome::released};
        ending.data = jobs::read_payload(arguments, 3, "checkpoint");
        const pg::Spi spi;
        settle_one(ending);
        return Datum{0};
    });
}
