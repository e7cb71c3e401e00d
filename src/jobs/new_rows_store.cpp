#include "jobs/new_rows_store.hpp"

#include "jobs/publish_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement insert_jobs{
    "INSERT INTO ideamine.jobs AS j (job_id, tenant_id, created_at, epoch, attempt, status, "
    "run_at, "
    "ready_at,"
    "  finished_at, cancel_reason, open_dependencies, dependents, job_type, queue, priority_class,"
    "  required_capabilities, payload, max_retries, retry_base, retry_factor, retry_cap, timeout,"
    "  project_id, run_id, phase$[1.1 , concurrency_key, concurrency_limit, quorum, "
    "quorum_of$]$[1.2 , needs$])"
    " SELECT n.job_id, $1, $2, 0, 0, n.status::ideamine.job_status, coalesce(n.run_at, $2),"
    "  CASE WHEN n.status = 'pending' AND coalesce(n.run_at, $2) <= $2 THEN $2 END,"
    "  CASE WHEN n.status = 'cancelled' THEN $2 END,"
    "  CASE WHEN n.status = 'cancelled' THEN 'a job that it depends on failed or was cancelled' "
    "END,"
    "  n.open_dependencies, n.dependents, n.job_type, n.queue,"
    "  n.priority_class::ideamine.priority_class, n.required_capabilities::text[],"
    "  coalesce(n.payload, '{}'), n.max_retries, n.retry_base, n.retry_factor, n.retry_cap, "
    "n.timeout,"
    "  n.project_id, n.run_id, n.phase"
    "  $[1.1 , n.concurrency_key, n.concurrency_limit, n.quorum, n.quorum_of$]"
    "  $[1.2 , n.needs::jsonb$]"
    " FROM unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::integer[], $7::integer[], "
    "$8::text[],"
    "  $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::integer[], $14::interval[],"
    "  $15::double precision[], $16::interval[], $17::interval[], $18::text[], $19::uuid[], "
    "$20::text[],"
    "  $21::text[], $22::integer[], $23::integer[], $24::uuid[], $25::text[])"
    "  AS n (job_id, status, run_at, open_dependencies, dependents, job_type, queue, "
    "priority_class,"
    "  required_capabilities, payload, max_retries, retry_base, retry_factor, retry_cap, timeout,"
    "  project_id, run_id, phase, concurrency_key, concurrency_limit, quorum, quorum_of, needs)"
    " RETURNING " IDEAMINE_READY("j")};

constinit pg::Statement insert_edges{
    "INSERT INTO ideamine.job_dependencies (tenant_id, job_id, depends_on)"
    " SELECT $1, e.job_id, e.depends_on FROM unnest($2::uuid[], $3::uuid[]) AS e (job_id, "
    "depends_on)"};

constinit pg::Statement insert_edges_with_policies{
    "INSERT INTO ideamine.job_dependencies (tenant_id, job_id, depends_on, on_failure)"
    " SELECT $1, e.job_id, e.depends_on, e.on_failure::ideamine.failure_policy"
    " FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS e (job_id, depends_on, on_failure)"};

}  // namespace

void NewRows::add(const NewJob& job, const Beginning& beginning) {
    const auto& request = job.request;
    id_.push_back(beginning.id);
    status_.push_back(beginning.status);
    run_at_.push_back(request.run_at);
    open_.push_back(beginning.open_dependencies);
    dependents_.push_back(beginning.dependents);
    job_type_.push_back(request.job_type);
    queue_.push_back(request.queue);
    priority_class_.push_back(to_string(request.priority_class));
    required_capabilities_.push_back(request.required_capabilities.empty()
                                         ? "{}"
                                         : pg::array_literal(request.required_capabilities));
    payload_.push_back(job.payload);
    max_retries_.push_back(request.max_retries);
    retry_base_.push_back(request.retry_base);
    retry_factor_.push_back(request.retry_factor);
    retry_cap_.push_back(request.retry_cap);
    timeout_.push_back(request.timeout);
    project_.push_back(request.project);
    run_.push_back(request.run);
    phase_.push_back(request.phase);
    quorum_.push_back(beginning.quorum);
    quorum_of_.push_back(beginning.quorum_of);
    // a job that workers vote on is not run itself: its votes are
    const bool is_run = !beginning.quorum;
    concurrency_key_.push_back(is_run ? request.concurrency_key : std::nullopt);
    concurrency_limit_.push_back(is_run ? request.concurrency_limit : std::nullopt);
    needs_.push_back(is_run && !request.needs.empty() ? std::optional{to_json(request.needs)}
                                                      : std::nullopt);
}

void NewRows::write(const std::string& tenant) const {
    if (!id_.empty()) {
        publish_ready(insert_jobs.execute(
            tenant, pg::now(), id_, status_, run_at_, open_, dependents_, job_type_, queue_,
            priority_class_, required_capabilities_, payload_, max_retries_, retry_base_,
            retry_factor_, retry_cap_, timeout_, project_, run_, phase_, concurrency_key_,
            concurrency_limit_, quorum_, quorum_of_, needs_));
    }
}

void NewEdges::add(const Uuid& job, const Uuid& depends_on, FailurePolicy on_failure) {
    jobs_.push_back(job);
    depends_on_.push_back(depends_on);
    policies_.push_back(to_string(on_failure));
    all_cancel_ = all_cancel_ && on_failure == FailurePolicy::cancel;
}

void NewEdges::write(const std::string& tenant) const {
    if (jobs_.empty()) {
        return;
    }
    if (all_cancel_) {
        insert_edges.execute(tenant, jobs_, depends_on_);
    } else {
        insert_edges_with_policies.execute(tenant, jobs_, depends_on_, policies_);
    }
}

}  // namespace ideamine::jobs
