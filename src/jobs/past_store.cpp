#include "jobs/past_store.hpp"

#include "ideamine/pg/extension.hpp"
#include "jobs/read_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement find_past{
    "SELECT h.tenant_id, h.job_id, h.status::text, h.epoch, h.quorum_of"
    " FROM unnest($1::text[], $2::uuid[]) AS n (tenant_id, job_id)"
    " CROSS JOIN LATERAL (SELECT * FROM ideamine.job_history"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id OFFSET 0) AS h"};

}  // namespace

std::vector<PastJob> find_past_jobs(const JobRefs& jobs) {
    std::vector<PastJob> past;
    if (jobs.empty() || pg::installed_version() < history_since) {
        return past;
    }
    for (const pg::Row row : find_past.execute(jobs.tenants, jobs.jobs)) {
        past.push_back({.tenant = row.get<std::string>(0),
                        .job = row.get<Uuid>(1),
                        .status = row.get<std::string>(2),
                        .epoch = row.get<std::int64_t>(3),
                        .quorum_of = row.optional<Uuid>(4)});
    }
    return past;
}

PastJob require_past_job(const std::string& tenant, const Uuid& job) {
    JobRefs one;
    one.add(tenant, job);
    auto past = find_past_jobs(one);
    if (past.empty()) {
        throw_unknown_job(tenant, job);
    }
    return std::move(past.front());
}

}  // namespace ideamine::jobs
