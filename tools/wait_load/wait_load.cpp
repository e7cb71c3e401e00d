// Load for scripts/bench: one session sleeps until there is work, another makes some now and then.
// Prints for each round how many milliseconds lay between sending COMMIT and the sleeper's answer.
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection connect() {
    Connection connection{PQconnectdb(""), PQfinish};
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    return connection;
}

// The first column of the first row, or nothing.
std::string execute(const Connection& connection, const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{
        PQexec(connection.get(), sql.c_str()), PQclear};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

// Sleeps until there is something, and takes it.
class Sleeper {
  public:
    explicit Sleeper(bool notified) : notified_(notified), connection_(connect()) {
        if (notified_) {
            execute(connection_, "LISTEN work");
        } else {
            worker_ = execute(connection_, "SELECT ideamine.register_worker('sleeper')");
        }
    }

    Clock::time_point sleep() {
        if (notified_) {
            wait_for_notification();
        } else {
            execute(connection_, "CALL ideamine.wait_for_jobs('" + worker_ + "', '1 minute')");
        }
        return Clock::now();
    }

    void take() {
        if (!notified_) {
            execute(connection_,
                    "SELECT count(*) FROM ideamine.acquire_jobs('" + worker_ +
                        "', 10) AS job,"
                        " ideamine.complete_job(job.tenant_id, job.job_id, job.epoch)");
        }
    }

  private:
    void wait_for_notification() {
        for (;;) {
            PQconsumeInput(connection_.get());
            if (PGnotify* heard = PQnotifies(connection_.get())) {
                PQfreemem(heard);
                return;
            }
            pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
            poll(&socket, 1, -1);
        }
    }

    bool notified_;
    Connection connection_;
    std::string worker_;
};

void run(bool notified, int rounds) {
    const auto maker = connect();
    Sleeper sleeper{notified};
    std::mt19937 random{20261121};
    std::uniform_int_distribution pause{5, 25};
    for (int i = 0; i < rounds; ++i) {
        auto woken = std::async(std::launch::async, [&sleeper] { return sleeper.sleep(); });
        std::this_thread::sleep_for(std::chrono::milliseconds{pause(random)});
        execute(maker, "BEGIN");
        execute(maker, notified ? "INSERT INTO baseline.work VALUES (1); NOTIFY work"
                                : "SELECT ideamine.create_job(NULL, 'work')");
        const auto committed = Clock::now();
        execute(maker, "COMMIT");
        const std::chrono::duration<double, std::milli> latency = woken.get() - committed;
        std::printf("%.3f\n", latency.count());
        sleeper.take();
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string kind = argc > 1 ? argv[1] : "";
    if (kind != "ideamine" && kind != "notify") {
        std::fprintf(stderr, "usage: wait_load ideamine|notify [rounds]\n");
        return 2;
    }
    try {
        run(kind == "notify", argc > 2 ? std::atoi(argv[2]) : 500);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "wait_load: %s\n", error.what());
        return 2;
    }
}
