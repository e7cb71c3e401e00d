#include "ideamine/pg/losable_write.hpp"
#include "jobs/claim_store.hpp"
#include "jobs/jobs_settings.hpp"
#include "workers/worker_store.hpp"
#include "workers/workers_settings.hpp"

using namespace ideamine;

namespace {

constexpr std::int32_t most_acquired = 10'000;

Duration read_lease(const pg::Arguments& arguments) {
    const auto lease = arguments.optional<Duration>(2).value_or(jobs::default_lease());
    if (lease < std::chrono::seconds{1} || lease > std::chrono::days{1}) {
        throw Error(Code::invalid_argument, "lease must be between 1 second and 1 day");
    }
    return lease;
}

// A worker that asks for work lives; its row is written only when that is worth the write.
void keep_alive(const workers::Worker& worker) {
    if (pg::now() - worker.last_heartbeat > workers::worker_timeout() / 4) {
        workers::touch(worker.id, std::nullopt);
    }
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_acquire_jobs) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto id = arguments.required<Uuid>(0, "worker_id");
        auto wanted = arguments.optional<std::int32_t>(1).value_or(1);
        if (wanted < 1 || wanted > most_acquired) {
            throw Error(Code::invalid_argument,
                        "max_jobs must be between 1 and " + std::to_string(most_acquired));
        }
        const auto lease = read_lease(arguments);
        const auto installation = jobs::shared::current_installation();
        pg::Returned returned{arguments};
        // A crash may forget a claim: the job is then claimed again with an epoch of a later
        // incarnation, and who still works under the forgotten one is refused.
        const pg::LosableWrite losable;
        const pg::Spi spi;
        auto worker = workers::hold(id, workers::Hold::to_acquire);
        if (worker.registration.capacity) {
            // two calls at once must not both fill what is left
            worker = workers::hold(id, workers::Hold::to_change);
        }
        workers::check_alive(worker);
        keep_alive(worker);
        if (worker.registration.capacity) {
            wanted = std::min(wanted, *worker.registration.capacity - workers::count_held_jobs(id));
        }
        if (wanted > 0 && workers::may_acquire(worker.status)) {
            jobs::claim(installation,
                        {id, worker.registration.capabilities, worker.registration.tenants}, wanted,
                        lease, returned);
        }
        losable.done();
        return Datum{0};
    });
}
