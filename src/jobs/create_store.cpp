#include "jobs/create_store.hpp"

#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/random.hpp"
#include "idempotency/idempotency_store.hpp"
#include "jobs/batch_plan.hpp"
#include "jobs/context_store.hpp"
#include "jobs/ready_shared.hpp"

namespace ideamine::jobs {

namespace {

// The rows stay locked until the new edges are committed: a completion that ran meanwhile would not
// see them, and the new job would wait for ever. They are also changed, not only locked, so that a
// completion in a transaction with an older snapshot fails to serialise instead of overlooking the
// edges.
constinit pg::Statement lock_parents{
    "SELECT job_id, status::text FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND job_id = ANY ($2)"
    " ORDER BY job_id FOR NO KEY UPDATE"};

constinit pg::Statement count_dependents{
    "UPDATE ideamine.jobs j SET dependents = j.dependents + p.added"
    " FROM unnest($2::uuid[], $3::integer[]) AS p (job_id, added)"
    " WHERE j.job_id = p.job_id AND j.tenant_id = $1"};

constinit pg::Statement insert_jobs{
    "INSERT INTO ideamine.jobs (job_id, tenant_id, created_at, epoch, attempt, status, run_at, "
    "ready_at,"
    "  finished_at, cancel_reason, open_dependencies, dependents, job_type, queue, priority_class,"
    "  required_capabilities, payload, max_retries, retry_base, retry_factor, retry_cap, timeout,"
    "  project_id, run_id, phase$[1.1 , concurrency_key, concurrency_limit, quorum, quorum_of$])"
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
    " FROM unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::integer[], $7::integer[], "
    "$8::text[],"
    "  $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::integer[], $14::interval[],"
    "  $15::double precision[], $16::interval[], $17::interval[], $18::text[], $19::uuid[], "
    "$20::text[],"
    "  $21::text[], $22::integer[], $23::integer[], $24::uuid[])"
    "  AS n (job_id, status, run_at, open_dependencies, dependents, job_type, queue, "
    "priority_class,"
    "  required_capabilities, payload, max_retries, retry_base, retry_factor, retry_cap, timeout,"
    "  project_id, run_id, phase, concurrency_key, concurrency_limit, quorum, quorum_of)"};

constinit pg::Statement insert_edges{
    "INSERT INTO ideamine.job_dependencies (tenant_id, job_id, depends_on)"
    " SELECT $1, e.job_id, e.depends_on FROM unnest($2::uuid[], $3::uuid[]) AS e (job_id, "
    "depends_on)"};

constinit pg::Statement insert_edges_with_policies{
    "INSERT INTO ideamine.job_dependencies (tenant_id, job_id, depends_on, on_failure)"
    " SELECT $1, e.job_id, e.depends_on, e.on_failure::ideamine.failure_policy"
    " FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS e (job_id, depends_on, on_failure)"};

// The columns of the new rows, as the statement takes them.
struct Columns {
    std::vector<Uuid> id;
    std::vector<const char*> status;
    std::vector<std::optional<Time>> run_at;
    std::vector<std::int32_t> open;
    std::vector<std::int32_t> dependents;
    std::vector<std::string_view> job_type;
    std::vector<std::string_view> queue;
    std::vector<const char*> priority_class;
    std::vector<std::string> required_capabilities;
    std::vector<std::optional<pg::Json>> payload;
    std::vector<std::optional<std::int32_t>> max_retries;
    std::vector<std::optional<Duration>> retry_base;
    std::vector<std::optional<double>> retry_factor;
    std::vector<std::optional<Duration>> retry_cap;
    std::vector<std::optional<Duration>> timeout;
    std::vector<std::optional<std::string>> project;
    std::vector<std::optional<Uuid>> run;
    std::vector<std::optional<std::string>> phase;
    std::vector<std::optional<std::string>> concurrency_key;
    std::vector<std::optional<std::int32_t>> concurrency_limit;
    std::vector<std::optional<std::int32_t>> quorum;
    std::vector<std::optional<Uuid>> quorum_of;

    void add(const NewJob& job) {
        const auto& request = job.request;
        run_at.push_back(request.run_at);
        job_type.push_back(request.job_type);
        queue.push_back(request.queue);
        priority_class.push_back(to_string(request.priority_class));
        required_capabilities.push_back(request.required_capabilities.empty()
                                            ? "{}"
                                            : pg::array_literal(request.required_capabilities));
        payload.push_back(job.payload);
        max_retries.push_back(request.max_retries);
        retry_base.push_back(request.retry_base);
        retry_factor.push_back(request.retry_factor);
        retry_cap.push_back(request.retry_cap);
        timeout.push_back(request.timeout);
        project.push_back(request.project);
        run.push_back(request.run);
        phase.push_back(request.phase);
        concurrency_key.push_back(request.concurrency_key);
        concurrency_limit.push_back(request.concurrency_limit);
    }
};

// The edges to be written.
struct EdgeColumns {
    std::vector<Uuid> jobs;
    std::vector<Uuid> depends_on;
    std::vector<const char*> policies;
    bool usual = true;  // all of them cancel

    void add(const Uuid& job, const Uuid& parent, FailurePolicy on_failure) {
        jobs.push_back(job);
        depends_on.push_back(parent);
        policies.push_back(to_string(on_failure));
        usual = usual && on_failure == FailurePolicy::cancel;
    }
};

class Creation {
  public:
    Creation(const std::string& tenant, const std::vector<NewJob>& jobs, Place place)
        : tenant_(tenant),
          jobs_(jobs),
          place_(place),
          existing_(jobs.size()),
          repeats_(jobs.size()) {}

    std::vector<Created> run() {
        check_version();
        plan_ = plan_batch(
            requests(),
            [this](auto position, const auto& error) { return located(position, error); },
            pg::check_interrupts);
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            ids_.push_back(pg::make_uuid());
        }
        take_idempotency_keys();
        leave_out_existing(plan_, existing_);
        lock_parents_outside();
        beginnings_ = begin_batch(plan_, jobs_.size());
        write_jobs();
        write_edges();
        note_failures();
        return created();
    }

  private:
    Error located(std::uint32_t position, const Error& error) const {
        return place_ == nullptr ? error : error.within(place_(position, jobs_[position].request));
    }
    std::vector<const JobRequest*> requests() const;
    void check_version() const;
    void take_idempotency_keys();
    void check_repeats_stand_alone() const;
    void lock_parents_outside();
    bool is_new(std::size_t position) const { return !existing_[position] && !repeats_[position]; }
    // What workers run for a request: the job itself, or its votes.
    std::vector<Uuid> runs_of(std::uint32_t position) const;
    void add_row(Columns& columns, std::uint32_t position, const Uuid& id,
                 const char* status) const;
    void add_quorum_job(Columns& columns, std::uint32_t position);
    void write_jobs();
    void write_edges();
    void note_failures();
    std::vector<Created> created() const;

    const std::string& tenant_;
    const std::vector<NewJob>& jobs_;
    Place place_;
    BatchPlan plan_;
    Beginnings beginnings_;
    std::vector<Uuid> ids_;
    std::vector<std::optional<Uuid>> existing_;          // instead of a new job
    std::vector<std::optional<std::uint32_t>> repeats_;  // an earlier job of the call
    std::map<std::uint32_t, std::vector<Uuid>> votes_;   // of jobs with a quorum
};

std::vector<const JobRequest*> Creation::requests() const {
    std::vector<const JobRequest*> requests;
    for (const auto& job : jobs_) {
        requests.push_back(&job.request);
    }
    return requests;
}

void Creation::check_version() const {
    if (std::ranges::any_of(jobs_, needs_version_1_1, &NewJob::request)) {
        pg::require_version({1, 1}, "this option of a job");
    }
}

// A key that stands for a job already, or that came before in this call, makes no new one.
void Creation::take_idempotency_keys() {
    std::map<std::string_view, std::uint32_t> first;
    std::map<std::string_view, std::int64_t> repeated;
    for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
        const auto& key = jobs_[i].request.idempotency_key;
        if (key && !first.emplace(*key, i).second) {
            repeats_[i] = first.at(*key);
            ++repeated[*key];
        }
    }
    if (first.empty()) {
        return;
    }
    check_repeats_stand_alone();
    std::vector<std::string_view> keys;
    std::vector<Uuid> jobs;
    for (const auto& [key, position] : first) {
        keys.push_back(key);
        jobs.push_back(ids_[position]);
    }
    const auto standing_for = idempotency::take_keys(tenant_, keys, jobs);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (standing_for[i] != jobs[i]) {
            existing_[first.at(keys[i])] = standing_for[i];
        }
    }
    if (!repeated.empty()) {
        std::vector<std::string_view> repeated_keys;
        std::vector<std::int64_t> hits;
        for (const auto& [key, count] : repeated) {
            repeated_keys.push_back(key);
            hits.push_back(count);
        }
        idempotency::count_hits(tenant_, repeated_keys, hits);
    }
}

// Two entries of a graph that turn out to be one job could make a cycle of it.
void Creation::check_repeats_stand_alone() const {
    const auto check = [this](std::uint32_t position) {
        if (repeats_[position]) {
            throw located(position,
                          {Code::invalid_graph, "idempotency key is used twice",
                           "Another job of the call has the same key, and this one takes part in "
                           "dependencies.",
                           "Name the job once, and let the others depend on that."});
        }
    };
    for (const auto& edge : plan_.edges) {
        check(edge.job);
        check(edge.depends_on);
    }
    for (const auto& [id, parent] : plan_.parents) {
        for (const auto& dependent : parent.dependents) {
            check(dependent.job);
        }
    }
}

void Creation::lock_parents_outside() {
    if (plan_.parents.empty()) {
        return;
    }
    std::vector<Uuid> ids;
    for (const auto& [id, parent] : plan_.parents) {
        ids.push_back(id);
    }
    for (const pg::Row row : lock_parents.execute(tenant_, ids)) {
        plan_.parents.at(row.get<Uuid>(0)).status = row.get<std::string>(1);
    }
    std::vector<Uuid> waited_for;
    std::vector<std::int32_t> added;
    for (const auto& [id, parent] : plan_.parents) {
        if (parent.status.empty()) {
            throw located(parent.dependents.front().job,
                          {Code::unknown, "job " + to_string(id) + " does not exist",
                           "Tenant \"" + tenant_ + "\" has no job with this id."});
        }
        if (parent.status == "completed" || has_failed(parent.status)) {
            continue;
        }
        waited_for.push_back(id);
        added.push_back(static_cast<std::int32_t>(parent.dependents.size()));
    }
    if (!waited_for.empty()) {
        count_dependents.execute(tenant_, waited_for, added);
    }
}

std::vector<Uuid> Creation::runs_of(std::uint32_t position) const {
    const auto votes = votes_.find(position);
    return votes == votes_.end() ? std::vector{ids_[position]} : votes->second;
}

void Creation::add_row(Columns& columns, std::uint32_t position, const Uuid& id,
                       const char* status) const {
    columns.add(jobs_[position]);
    columns.id.push_back(id);
    columns.status.push_back(status);
    columns.open.push_back(beginnings_.open[position]);
    columns.dependents.push_back(beginnings_.dependents[position]);
    columns.quorum.emplace_back();
    columns.quorum_of.emplace_back();
}

// The job itself is never run: it stays blocked until its votes have decided.
void Creation::add_quorum_job(Columns& columns, std::uint32_t position) {
    const auto& quorum = *jobs_[position].request.quorum;
    const bool doomed = beginnings_.doomed[position];
    add_row(columns, position, ids_[position], doomed ? "cancelled" : "blocked");
    columns.open.back() = quorum.agree;
    columns.quorum.back() = quorum.agree;
    columns.concurrency_key.back().reset();
    columns.concurrency_limit.back().reset();
    for (int i = 0; !doomed && i < quorum.votes; ++i) {
        const auto vote = pg::make_uuid();
        votes_[position].push_back(vote);
        add_row(columns, position, vote, beginnings_.open[position] > 0 ? "blocked" : "pending");
        columns.dependents.back() = 0;
        columns.quorum_of.back() = ids_[position];
    }
}

void Creation::write_jobs() {
    Columns columns;
    for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
        if (!is_new(i)) {
            continue;
        }
        if (jobs_[i].request.quorum) {
            add_quorum_job(columns, i);
        } else {
            const char* waiting = beginnings_.open[i] > 0 ? "blocked" : "pending";
            add_row(columns, i, ids_[i], beginnings_.doomed[i] ? "cancelled" : waiting);
        }
    }
    if (columns.id.empty()) {
        return;
    }
    insert_jobs.execute(tenant_, pg::now(), columns.id, columns.status, columns.run_at,
                        columns.open, columns.dependents, columns.job_type, columns.queue,
                        columns.priority_class, columns.required_capabilities, columns.payload,
                        columns.max_retries, columns.retry_base, columns.retry_factor,
                        columns.retry_cap, columns.timeout, columns.project, columns.run,
                        columns.phase, columns.concurrency_key, columns.concurrency_limit,
                        columns.quorum, columns.quorum_of);
    // those for later are few among them, and a sleeper that is woken in vain sleeps again
    shared::announce_ready(std::ranges::count_if(
        columns.status, [](const std::string_view status) { return status == "pending"; }));
}

void Creation::write_edges() {
    EdgeColumns columns;
    for (std::size_t i = 0; i < plan_.edges.size(); ++i) {
        for (const auto& run : runs_of(plan_.edges[i].job)) {
            columns.add(run, ids_[plan_.edges[i].depends_on], plan_.policies[i]);
        }
    }
    for (const auto& [id, parent] : plan_.parents) {
        for (const auto& dependent : parent.dependents) {
            for (const auto& run : runs_of(dependent.job)) {
                columns.add(run, id, dependent.on_failure);
            }
        }
    }
    if (columns.jobs.empty()) {
        return;
    }
    if (columns.usual) {
        insert_edges.execute(tenant_, columns.jobs, columns.depends_on);
    } else {
        insert_edges_with_policies.execute(tenant_, columns.jobs, columns.depends_on,
                                           columns.policies);
    }
}

void Creation::note_failures() {
    JobRefs informed;
    for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
        if (beginnings_.after_failure[i] && is_new(i)) {
            for (const auto& run : runs_of(i)) {
                informed.add(tenant_, run);
            }
        }
    }
    note_failures_in_context(informed);
}

std::vector<Created> Creation::created() const {
    std::vector<Created> created;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
        const auto first = repeats_[i].value_or(static_cast<std::uint32_t>(i));
        created.push_back({existing_[first].value_or(ids_[first]), is_new(i)});
    }
    return created;
}

}  // namespace

std::vector<Created> create(const std::string& tenant, const std::vector<NewJob>& jobs,
                            Place place) {
    return Creation{tenant, jobs, place}.run();
}

}  // namespace ideamine::jobs
