#include "ideamine/pg/losable_write.hpp"
#include "jobs/claim_store.hpp"
#include "jobs/completions_json_sql.hpp"
#include "jobs/jobs_settings.hpp"
#include "workers/worker_store.hpp"
#include "workers/workers_settings.hpp"

using namespace ideamine;

namespace {

constexpr std::int32_t most_acquired = 10'000;

std::int32_t read_wanted(const pg::Arguments& arguments, int argument) {
    const auto wanted = arguments.optional<std::int32_t>(argument).value_or(1);
    if (wanted < 1 || wanted > most_acquired) {
        throw Error(Code::invalid_argument,
                    "max_jobs must be between 1 and " + std::to_string(most_acquired));
    }
    return wanted;
}

Duration read_lease(const pg::Arguments& arguments, int argument) {
    const auto lease = arguments.optional<Duration>(argument).value_or(jobs::default_lease());
    if (lease < std::chrono::seconds{1} || lease > std::chrono::days{1}) {
        throw Error(Code::invalid_argument, "lease must be between 1 second and 1 day");
    }
    return lease;
}

// Who asks for work lives, which is noted when that is worth it.
bool is_worth_noting(const workers::Worker& worker) {
    return workers::is_stale(worker.last_heartbeat, pg::now(), workers::worker_timeout() / 4);
}

workers::Worker hold_living(const Uuid& id) {
    auto worker = workers::hold(id, workers::Hold::to_acquire);
    if (worker.registration.capacity) {
        // two calls at once must not both fill what is left
        worker = workers::hold(id, workers::Hold::to_change);
    }
    workers::check_alive(worker);
    if (is_worth_noting(worker)) {
        workers::keep_alive(worker);
    }
    return worker;
}

// The same without holding it, if that can be.
workers::Worker look_at_living(const Uuid& id) {
    const auto worker = workers::look(id);
    workers::check_alive(worker);
    return is_worth_noting(worker) && !workers::try_keep_alive(worker) ? hold_living(id) : worker;
}

// How many more jobs it takes, of `wanted`.
std::int32_t room(const workers::Worker& worker, std::int32_t wanted) {
    if (!workers::may_acquire(worker.status)) {
        return 0;
    }
    const auto& capacity = worker.registration.capacity;
    return capacity ? std::min(wanted, *capacity - workers::count_held_jobs(worker.id)) : wanted;
}

jobs::Claimant claimant(const workers::Worker& worker) {
    return {.worker_id = worker.id,
            .capabilities = worker.registration.capabilities,
            .tenants = worker.registration.tenants};
}

Datum acquire_jobs(FunctionCallInfo fcinfo) {
    const pg::Arguments arguments{fcinfo};
    const auto id = arguments.required<Uuid>(0, "worker_id");
    const auto wanted = read_wanted(arguments, 1);
    const auto lease = read_lease(arguments, 2);
    const auto installation = jobs::shared::current_installation();
    pg::Returned returned{arguments};
    // A crash may forget a claim: the job is then claimed again with an epoch of a later
    // incarnation, and who still works under the forgotten one is refused.
    const pg::LosableWrite losable;
    const pg::Spi spi;
    const auto worker = hold_living(id);
    if (const auto most = room(worker, wanted); most > 0) {
        jobs::claim(installation, claimant(worker), most, lease, returned);
    }
    losable.done();
    return Datum{0};
}

}  // namespace

// As version 1.0 declares it, without the context of a job.
IDEAMINE_FUNCTION(ideamine_acquire_jobs) {
    return pg::boundary([&] { return acquire_jobs(fcinfo); });
}

IDEAMINE_FUNCTION(ideamine_acquire_jobs_in_context) {
    return pg::boundary([&] { return acquire_jobs(fcinfo); });
}

IDEAMINE_FUNCTION(ideamine_exchange_jobs) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto id = arguments.required<Uuid>(0, "worker_id");
        const auto done = arguments.optional<pg::Json>(1);
        const auto completions =
            done ? jobs::read_completions("done", *done) : std::vector<jobs::Ending>{};
        const auto wanted = read_wanted(arguments, 2);
        const auto lease = read_lease(arguments, 3);
        const bool strict = arguments.optional<bool>(4).value_or(false);
        const auto installation = jobs::shared::current_installation();
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const auto worker = hold_living(id);
        const auto settled = jobs::settle_completions(completions, strict);
        for (std::size_t i = 0; i < settled.size(); ++i) {
            const auto& [tenant, job, epoch] = completions[i].lease;
            constexpr std::optional<std::string> none;
            returned.add(tenant, job, epoch, std::optional<std::int32_t>{}, none,
                         std::optional<pg::Json>{}, std::optional<pg::Json>{},
                         std::optional<Time>{}, std::optional<Time>{}, std::optional<pg::Json>{},
                         to_string(settled[i].answer));
        }
        if (const auto most = room(worker, wanted); most > 0) {
            auto own = claimant(worker);
            own.may_wait_for_keys = false;
            jobs::claim(installation, own, most, lease, returned);
        }
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_next_work_at) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto id = arguments.required<Uuid>(0, "worker_id");
        const pg::Spi spi;
        const auto worker = look_at_living(id);
        const auto at = room(worker, 1) > 0 ? jobs::next_work_at(claimant(worker)) : std::nullopt;
        return pg::returned_time(fcinfo, at);
    });
}
