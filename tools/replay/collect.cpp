#include "replay/collect.hpp"

#include <string>
#include <unordered_map>
#include <utility>

namespace replay {

namespace {

using Attempts = std::unordered_map<std::string, std::vector<Attempt>>;

// Times leave the server as whole microseconds, its own resolution.
Attempts fetch_attempts(Connection& connection, const Setup& setup) {
    const Result result = connection.run(
        "SELECT job_id, epoch, outcome,"
        "       (extract(epoch FROM started_at) * 1000000)::bigint,"
        "       (extract(epoch FROM ended_at) * 1000000)::bigint"
        "  FROM ideamine.job_executions WHERE tenant_id = ANY($1::text[])"
        " ORDER BY job_id, epoch",
        {setup.tenant_array});
    Attempts attempts;
    for (int row = 0; row < result.rows(); ++row) {
        attempts[result.text(row, 0)].push_back({result.integer(row, 1), result.text(row, 2),
                                                 result.integer(row, 3), result.integer(row, 4)});
    }
    return attempts;
}

JobFact read_job(const Result& result, int row, const Setup& setup) {
    JobFact fact;
    fact.id = result.text(row, 0);
    fact.tenant = result.text(row, 1).substr(setup.plan.label.size() + 1);
    fact.status = result.text(row, 2);
    fact.created_us = result.integer(row, 3);
    if (!result.is_null(row, 4)) {
        fact.finished_us = result.integer(row, 4);
    }
    fact.task = parse_payload(result.text(row, 5));
    if (!result.is_null(row, 6)) {
        fact.result = result.text(row, 6);
    }
    fact.dead_letter = result.boolean(row, 7);
    return fact;
}

Facts fetch_jobs(Connection& connection, const Setup& setup) {
    const Result result = connection.run(
        "SELECT job.job_id, job.tenant_id, job.status,"
        "       (extract(epoch FROM job.created_at) * 1000000)::bigint,"
        "       (extract(epoch FROM job.finished_at) * 1000000)::bigint,"
        "       job.payload, job.result, letter.job_id IS NOT NULL"
        "  FROM ideamine.v_jobs AS job"
        "  LEFT JOIN ideamine.dead_letter_queue AS letter USING (job_id, tenant_id)"
        " WHERE job.tenant_id = ANY($1::text[]) AND job.payload->>'replay' = $2",
        {setup.tenant_array, setup.plan.label});
    Facts facts;
    for (int row = 0; row < result.rows(); ++row) {
        facts.push_back(read_job(result, row, setup));
    }
    return facts;
}

}  // namespace

Facts collect_facts(const Setup& setup) {
    RunState state;  // not the run's: that has stopped, and nobody would wait for a restart
    Session session(setup.server, state);
    return session.retry([&](Connection& connection) {
        Facts facts = fetch_jobs(connection, setup);
        Attempts attempts = fetch_attempts(connection, setup);
        for (JobFact& fact : facts) {
            fact.attempts = std::move(attempts[fact.id]);
        }
        return facts;
    });
}

}  // namespace replay
