#include "replay/load.hpp"

#include <stdexcept>

namespace replay {

namespace {

constexpr std::size_t jobs_per_call = 500;

std::vector<std::string> read_ids(const Result& result, const Batch& batch) {
    if (result.rows() != static_cast<int>(batch.jobs.size())) {
        throw std::runtime_error("batch " + std::to_string(batch.number) + " has " +
                                 std::to_string(batch.jobs.size()) + " jobs, but the server has " +
                                 std::to_string(result.rows()) + " of them");
    }
    std::vector<std::string> ids;
    ids.reserve(batch.jobs.size());
    for (int row = 0; row < result.rows(); ++row) {
        ids.push_back(result.text(row, 0));
    }
    return ids;
}

// The answer to an earlier call may have been lost. Its jobs carry the label and the batch's
// number.
Result find_batch(Connection& connection, const Setup& setup, const Batch& batch) {
    return connection.run(
        "SELECT job_id FROM ideamine.v_jobs"
        " WHERE tenant_id = $1 AND payload->>'replay' = $2 AND payload->>'batch' = $3"
        " ORDER BY (payload->>'index')::bigint",
        {setup.tenant_ids[batch.tenant], setup.plan.label, std::to_string(batch.number)});
}

Result create_batch(Connection& connection, const Setup& setup, const Batch& batch,
                    const std::string& argument) {
    return connection.run("SELECT job_id FROM ideamine.create_jobs($1, $2::jsonb)",
                          {setup.tenant_ids[batch.tenant], argument});
}

// One transaction under a lock of the batch's own: a retry waits until the server is done with the
// call before it, one way or the other, and only then looks.
std::vector<std::string> create_once(Connection& connection, const Setup& setup, const Batch& batch,
                                     const std::string& argument, bool asked_before) {
    connection.run("BEGIN");
    connection.run("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 0))",
                   {setup.plan.label + '/' + std::to_string(batch.number)});
    std::vector<std::string> ids;
    if (asked_before) {
        const Result found = find_batch(connection, setup, batch);
        if (found.rows() > 0) {
            ids = read_ids(found, batch);
        }
    }
    if (ids.empty()) {
        ids = read_ids(create_batch(connection, setup, batch, argument), batch);
    }
    connection.run("COMMIT");
    return ids;
}

// Batches of a workload of graphs are its graphs.
bool is_refused_graph(const SqlError& error, const Setup& setup, const Batch& batch) {
    return error.sqlstate() == "ID422" && batch.number < setup.workload.graphs.size();
}

// What is short is to be the platform's, and nobody throttled for five minutes.
void lift_quotas(Connection& connection, const std::string& tenant) {
    connection.run(
        "SELECT ideamine.set_quotas($1, max_cpu_cores => 'infinity', max_memory_gb => 'infinity',"
        " max_gpus => 'infinity', throttle_enabled => false)",
        {tenant});
}

}  // namespace

void make_tenants(const Setup& setup, RunState& state) {
    Session session(setup.server, state);
    for (std::size_t place = 0; place < setup.tenant_ids.size(); ++place) {
        session.retry([&](Connection& connection) {
            connection.run("SELECT ideamine.create_tenant($1, $2)",
                           {setup.tenant_ids[place], setup.workload.tenants[place]});
            if (setup.scene == Scene::pressure) {
                lift_quotas(connection, setup.tenant_ids[place]);
            }
        });
    }
}

void load_jobs(const Setup& setup, Ledger& ledger, RunState& state, GraphOutcomes& outcomes) {
    Session session(setup.server, state);
    std::vector<std::string> ids(setup.workload.jobs.size());
    for (const Batch& batch : make_batches(setup.workload, jobs_per_call)) {
        if (state.stopped()) {
            return;
        }
        const std::string argument = batch_argument(setup.workload, batch, setup.plan, ids).dump();
        bool asked_before = false;
        const auto create = [&](Connection& connection) {
            return create_once(connection, setup, batch, argument,
                               std::exchange(asked_before, true));
        };
        std::vector<std::string> created;
        try {
            created = session.retry(create);
        } catch (const SqlError& error) {
            if (!is_refused_graph(error, setup, batch)) {
                throw;
            }
            outcomes.at(batch.number).refusal = error.detail();
            session.forget();
            continue;
        }
        ledger.created(batch.jobs, created);
        for (std::size_t place = 0; place < created.size(); ++place) {
            ids[batch.jobs[place]] = created[place];
        }
    }
}

}  // namespace replay
