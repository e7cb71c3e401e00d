// Load for scripts/bench: connections that take jobs in batches and complete them, from ideamine or
// from the hand-written queue that bench/queue.sql makes. Prints jobs per second.
#include <libpq-fe.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

struct Options {
    std::string queue;
    int clients = 4;
    int batch = 100;
    int batches = 200;  // per client
};

Connection connect() {
    Connection connection{PQconnectdb(""), PQfinish};
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    return connection;
}

Result check(const Connection& connection, PGresult* raw) {
    Result result{raw, PQclear};
    const auto status = PQresultStatus(raw);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        throw std::runtime_error(PQerrorMessage(connection.get()));
    }
    return result;
}

void prepare(const Connection& connection, const char* name, const char* sql) {
    check(connection, PQprepare(connection.get(), name, sql, 0, nullptr));
}

Result execute(const Connection& connection, const char* name, std::vector<const char*> values) {
    return check(connection, PQexecPrepared(connection.get(), name, static_cast<int>(values.size()),
                                            values.data(), nullptr, nullptr, 0));
}

// One column of each row between separators, as a worker builds its answer.
std::string join(const Result& rows, const std::function<std::string(int)>& element) {
    std::string joined;
    for (int i = 0; i < PQntuples(rows.get()); ++i) {
        joined += (i == 0 ? "" : ",") + element(i);
    }
    return joined;
}

int work_ideamine(const Connection& connection, const Options& options) {
    const auto worker =
        check(connection, PQexec(connection.get(), "SELECT ideamine.register_worker('load')"));
    const std::string id = PQgetvalue(worker.get(), 0, 0);
    const auto batch = std::to_string(options.batch);
    prepare(connection, "acquire",
            "SELECT tenant_id, job_id, epoch, payload FROM ideamine.acquire_jobs($1, $2)");
    prepare(connection, "complete", "SELECT count(*) FROM ideamine.complete_jobs($1)");
    int done = 0;
    for (int i = 0; i < options.batches; ++i) {
        const auto rows = execute(connection, "acquire", {id.c_str(), batch.c_str()});
        const auto completions =
            "[" +
            join(rows,
                 [&rows](int row) {
                     return std::string{R"({"tenant_id":")"} + PQgetvalue(rows.get(), row, 0) +
                            R"(","job_id":")" + PQgetvalue(rows.get(), row, 1) + R"(","epoch":)" +
                            PQgetvalue(rows.get(), row, 2) + R"(,"result":{"ok":true}})";
                 }) +
            "]";
        execute(connection, "complete", {completions.c_str()});
        done += PQntuples(rows.get());
    }
    return done;
}

int work_skip_locked(const Connection& connection, const Options& options) {
    const auto batch = std::to_string(options.batch);
    prepare(connection, "acquire",
            "UPDATE baseline.queue q SET status = 'running', worker = 'load', attempt = attempt + "
            "1, started_at = now(),"
            " locked_until = now() + interval '1 minute'"
            " FROM (SELECT id FROM baseline.queue WHERE status = 'pending' AND run_at <= now()"
            "  ORDER BY priority, run_at LIMIT $1::integer FOR UPDATE SKIP LOCKED) picked"
            " WHERE q.id = picked.id RETURNING q.tenant, q.id, q.attempt, q.payload");
    prepare(
        connection, "complete",
        "WITH done AS (UPDATE baseline.queue SET status = 'completed', finished_at = now(),"
        "  result = '{\"ok\":true}' WHERE id = ANY ($1::uuid[]) AND status = 'running'"
        "  RETURNING id, attempt, worker, started_at, finished_at)"
        " INSERT INTO baseline.executions (job_id, attempt, worker, started_at, ended_at, outcome)"
        " SELECT id, attempt, worker, started_at, finished_at, 'completed' FROM done");
    int done = 0;
    for (int i = 0; i < options.batches; ++i) {
        const auto rows = execute(connection, "acquire", {batch.c_str()});
        const auto ids =
            "{" +
            join(rows, [&rows](int row) { return std::string{PQgetvalue(rows.get(), row, 1)}; }) +
            "}";
        execute(connection, "complete", {ids.c_str()});
        done += PQntuples(rows.get());
    }
    return done;
}

int run(const Options& options) {
    const auto work = options.queue == "ideamine" ? work_ideamine : work_skip_locked;
    std::vector<Connection> connections;
    connections.reserve(static_cast<std::size_t>(options.clients));
    for (int i = 0; i < options.clients; ++i) {
        connections.push_back(connect());
    }
    std::vector<int> done(connections.size());
    const auto start = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        threads.reserve(connections.size());
        for (std::size_t i = 0; i < connections.size(); ++i) {
            threads.emplace_back([&, i] {
                try {
                    done[i] = work(connections[i], options);
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "queue_load: %s\n", error.what());
                    std::exit(1);
                }
            });
        }
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    int total = 0;
    for (const int jobs : done) {
        total += jobs;
    }
    std::printf("%.0f\n", total / elapsed.count());
    return total == options.clients * options.batch * options.batches ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || (std::string{argv[1]} != "ideamine" && std::string{argv[1]} != "skip-locked")) {
        std::fprintf(
            stderr,
            "usage: queue_load ideamine|skip-locked [clients] [batch] [batches per client]\n");
        return 2;
    }
    Options options{.queue = argv[1]};
    options.clients = argc > 2 ? std::atoi(argv[2]) : options.clients;
    options.batch = argc > 3 ? std::atoi(argv[3]) : options.batch;
    options.batches = argc > 4 ? std::atoi(argv[4]) : options.batches;
    try {
        return run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "queue_load: %s\n", error.what());
        return 2;
    }
}
