#include "ideamine/pg/function.hpp"
#include "ideamine/pg/wait.hpp"
#include "jobs/ready_shared.hpp"
#include "workers/workers_settings.hpp"

using namespace ideamine;

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr Duration longest_wait = std::chrono::hours{24};

// As the caller may look: this procedure has the rights of whoever calls it.
constinit pg::Statement next_work_at{"SELECT ideamine.next_work_at($1)"};

Duration read_timeout(const pg::Arguments& arguments) {
    const auto timeout = arguments.required<Duration>(1, "timeout");
    if (timeout < Duration::zero() || timeout > longest_wait) {
        throw Error(Code::invalid_argument, "timeout must be between 0 and 24 hours");
    }
    return timeout;
}

// How long to sleep at a time: the worker has to give signs of life, and a scheduled job may come
// due.
milliseconds pause(std::optional<Time> work_at, Duration left) {
    auto pause = std::min(left, workers::worker_timeout() / 2);
    if (work_at) {
        pause = std::min(pause, *work_at - pg::now());
    }
    return std::chrono::ceil<milliseconds>(std::max(pause, Duration::zero()));
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_wait_for_jobs) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto worker = arguments.required<Uuid>(0, "worker_id");
        const auto timeout = read_timeout(arguments);
        pg::check_may_commit(fcinfo, "wait_for_jobs()");
        const auto until = SteadyClock::now() + timeout;
        const jobs::shared::Sleeper sleeper{jobs::shared::current_installation()};
        const pg::Spi spi{pg::Spi::Mode::non_atomic};
        const auto left = [until] {
            return std::chrono::duration_cast<Duration>(until - SteadyClock::now());
        };
        for (bool woken = false;;) {
            const auto work_at = next_work_at.execute(worker)[0].optional<Time>(0);
            spi.commit();
            if (work_at && *work_at <= pg::now()) {
                return Datum{0};
            }
            if (woken) {
                sleeper.pass_on();
            }
            if (left() <= Duration::zero()) {
                return Datum{0};
            }
            woken = pg::wait_on_latch(pause(work_at, left()), "IdeamineWaitForJobs");
            if (!woken && left() <= Duration::zero()) {
                return Datum{0};  // nobody has said that there is anything new
            }
        }
    });
}
