#include "replay/calls.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "replay/text.hpp"

namespace replay {

using nlohmann::json;

namespace {

// A lease that is somebody else's by now is no fault of this run: late results are refused so.
template <class Call>
Answer stale_is_an_answer(Call call) {
    try {
        call();
        return Answer::ok;
    } catch (const SqlError& error) {
        if (error.sqlstate() != "ID409") {
            throw;
        }
        return Answer::stale;
    }
}

Answer read_answer(const Result& result, int row, const Held& job) {
    const std::string answer = result.text(row, 1);
    if (result.text(row, 0) != job.lease.job_id || (answer != "ok" && answer != "stale")) {
        throw std::runtime_error("complete_jobs() answered \"" + answer + "\" for job " +
                                 result.text(row, 0) + " where job " + job.lease.job_id +
                                 " was asked for");
    }
    return answer == "ok" ? Answer::ok : Answer::stale;
}

}  // namespace

WorkerCalls::WorkerCalls(Connection& connection, const std::string& tenant_array, double lease_s)
    : connection_(connection), lease_(format_decimal(lease_s, 3) + " seconds") {
    worker_id_ =
        connection_
            .run("SELECT ideamine.register_worker('replay', tenants => $1::text[])", {tenant_array})
            .text(0, 0);
}

std::vector<Held> WorkerCalls::acquire(std::size_t max_jobs) {
    const Result result = connection_.run(
        "SELECT tenant_id, job_id, epoch, attempt, payload, checkpoint->>'done'"
        "  FROM ideamine.acquire_jobs($1::uuid, $2::integer, $3::interval)",
        {worker_id_, std::to_string(max_jobs), lease_});
    std::vector<Held> jobs;
    for (int row = 0; row < result.rows(); ++row) {
        Held job;
        job.tenant = result.text(row, 0);
        job.lease = {result.text(row, 1), result.integer(row, 2)};
        job.attempt = static_cast<int>(result.integer(row, 3));
        job.task = parse_payload(result.text(row, 4));
        job.done = result.is_null(row, 5) ? 0 : static_cast<int>(result.integer(row, 5));
        jobs.push_back(std::move(job));
    }
    return jobs;
}

std::vector<Lease> WorkerCalls::heartbeat(std::size_t held) {
    const Result result =
        connection_.run("SELECT job_id, epoch FROM ideamine.heartbeat($1::uuid, $2::jsonb)",
                        {worker_id_, json{{"jobs_held", held}}.dump()});
    std::vector<Lease> to_stop;
    to_stop.reserve(static_cast<std::size_t>(result.rows()));
    for (int row = 0; row < result.rows(); ++row) {
        to_stop.push_back({result.text(row, 0), result.integer(row, 1)});
    }
    return to_stop;
}

// Both ways of completing are part of the interface, so that both are used.
std::vector<Answer> WorkerCalls::complete(const std::vector<Held>& jobs) {
    if (jobs.size() == 1) {
        return {complete_one(jobs.front())};
    }
    return complete_many(jobs);
}

Answer WorkerCalls::complete_one(const Held& job) {
    return stale_is_an_answer([&] {
        connection_.run("SELECT ideamine.complete_job($1, $2::uuid, $3::bigint, $4::jsonb)",
                        {job.tenant, job.lease.job_id, std::to_string(job.lease.epoch),
                         make_result(job.task).dump()});
    });
}

std::vector<Answer> WorkerCalls::complete_many(const std::vector<Held>& jobs) {
    json completions = json::array();
    for (const Held& job : jobs) {
        completions.push_back({{"tenant_id", job.tenant},
                               {"job_id", job.lease.job_id},
                               {"epoch", job.lease.epoch},
                               {"result", make_result(job.task)}});
    }
    const Result result = connection_.run(
        "SELECT job_id, answer FROM ideamine.complete_jobs($1::jsonb)", {completions.dump()});
    if (result.rows() != static_cast<int>(jobs.size())) {
        throw std::runtime_error("complete_jobs() was given " + std::to_string(jobs.size()) +
                                 " jobs and answered for " + std::to_string(result.rows()));
    }
    std::vector<Answer> answers;
    answers.reserve(jobs.size());
    for (int row = 0; row < result.rows(); ++row) {
        answers.push_back(read_answer(result, row, jobs[static_cast<std::size_t>(row)]));
    }
    return answers;
}

Answer WorkerCalls::fail(const Held& job, const std::string& error) {
    return stale_is_an_answer([&] {
        connection_.run("SELECT FROM ideamine.fail_job($1, $2::uuid, $3::bigint, $4)",
                        {job.tenant, job.lease.job_id, std::to_string(job.lease.epoch), error});
    });
}

Answer WorkerCalls::save_checkpoint(const Held& job) {
    return with_checkpoint("SELECT ideamine.save_checkpoint($1, $2::uuid, $3::bigint, $4::jsonb)",
                           job);
}

Answer WorkerCalls::release(const Held& job) {
    return with_checkpoint("SELECT ideamine.release_job($1, $2::uuid, $3::bigint, $4::jsonb)", job);
}

Answer WorkerCalls::with_checkpoint(const std::string& statement, const Held& job) {
    return stale_is_an_answer([&] {
        connection_.run(statement, {job.tenant, job.lease.job_id, std::to_string(job.lease.epoch),
                                    json{{"done", job.done}}.dump()});
    });
}

std::optional<std::string> WorkerCalls::reserve(const Held& job, const std::string& run) {
    const Result result = connection_.run(
        "SELECT allowed, reservation_id"
        "  FROM ideamine.reserve_cost($1, $2::numeric, run => $3::uuid, job => $4::uuid)",
        {job.tenant, format_money(job.task.step_cost), run, job.lease.job_id});
    return result.boolean(0, 0) ? std::optional{result.text(0, 1)} : std::nullopt;
}

// Both in one transaction, in this order: money that is spent is never free for others in between.
bool WorkerCalls::pay(const Held& job, const std::string& run, const std::string& key) {
    return connection_
        .run(
            "SELECT cost.recorded, ideamine.release_cost($6::uuid)"
            "  FROM ideamine.record_cost($1, $2::numeric, run => $3::uuid, job => $4::uuid,"
            "                            idempotency_key => $5) AS cost",
            {job.tenant, format_money(job.task.step_cost), run, job.lease.job_id, key,
             job.reservation})
        .boolean(0, 0);
}

void WorkerCalls::release_money(const Held& job) {
    connection_.run("SELECT ideamine.release_cost($1::uuid)", {job.reservation});
}

void WorkerCalls::terminate() {
    connection_.run("SELECT ideamine.terminate_worker($1::uuid)", {worker_id_});
}

}  // namespace replay
