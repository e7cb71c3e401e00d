#include "jobs/create_store.hpp"

#include <map>
#include <unordered_map>

#include "ideamine/pg/random.hpp"
#include "ideamine/pg/spi.hpp"
#include "jobs/descent.hpp"
#include "jobs/graph.hpp"

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
    "  project_id, run_id, phase)"
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
    " FROM unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::integer[], $7::integer[], "
    "$8::text[],"
    "  $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::integer[], $14::interval[],"
    "  $15::double precision[], $16::interval[], $17::interval[], $18::text[], $19::uuid[], "
    "$20::text[])"
    "  AS n (job_id, status, run_at, open_dependencies, dependents, job_type, queue, "
    "priority_class,"
    "  required_capabilities, payload, max_retries, retry_base, retry_factor, retry_cap, timeout,"
    "  project_id, run_id, phase)"};

constinit pg::Statement insert_edges{
    "INSERT INTO ideamine.job_dependencies (tenant_id, job_id, depends_on)"
    " SELECT $1, e.job_id, e.depends_on FROM unnest($2::uuid[], $3::uuid[]) AS e (job_id, "
    "depends_on)"};

// Jobs outside the call that jobs of the call depend on.
struct Parent {
    std::vector<std::uint32_t> dependents;  // positions in the call
    std::string status;
};

class Creation {
  public:
    Creation(const std::string& tenant, const std::vector<NewJob>& jobs, Place place)
        : tenant_(tenant),
          jobs_(jobs),
          place_(place),
          open_(jobs.size()),
          dependents_(jobs.size()) {}

    std::vector<Uuid> run() {
        resolve_dependencies();
        check_graph(names(), edges_, pg::check_interrupts);
        lock_parents_outside();
        make_ids();
        write_jobs();
        write_edges();
        return std::move(ids_);
    }

  private:
    Error located(std::uint32_t position, const Error& error) const {
        return place_ == nullptr ? error : error.within(place_(position, jobs_[position].request));
    }
    void resolve_dependencies();
    void resolve(std::uint32_t position, const std::string& reference);
    std::vector<std::string> names() const;
    void lock_parents_outside();
    void make_ids();
    std::vector<bool> find_doomed() const;
    void write_jobs();
    void write_edges();

    const std::string& tenant_;
    const std::vector<NewJob>& jobs_;
    Place place_;
    std::unordered_map<std::string_view, std::uint32_t> positions_;
    std::vector<Edge> edges_;         // within the call
    std::map<Uuid, Parent> parents_;  // sorted: rows are locked in one order everywhere
    std::vector<std::int32_t> open_;
    std::vector<std::int32_t> dependents_;
    std::vector<Uuid> ids_;
};

void Creation::resolve_dependencies() {
    for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
        const auto& request = jobs_[i].request;
        if (!request.key.empty() && !positions_.emplace(request.key, i).second) {
            throw located(i, {Code::invalid_graph, "key \"" + request.key + "\" is used twice"});
        }
    }
    for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
        for (const auto& reference : jobs_[i].request.depends_on) {
            resolve(i, reference);
        }
    }
}

void Creation::resolve(std::uint32_t position, const std::string& reference) {
    if (const auto found = positions_.find(reference); found != positions_.end()) {
        edges_.push_back({.job = position, .depends_on = found->second});
        return;
    }
    const auto id = parse_uuid(reference);
    if (!id) {
        throw located(position, {Code::invalid_graph, "unknown dependency \"" + reference + "\"",
                                 "It is neither a key of this call nor the id of a job."});
    }
    auto& dependents = parents_[*id].dependents;
    // positions come in order, so a repeated edge repeats the last one
    if (!dependents.empty() && dependents.back() == position) {
        throw located(position,
                      {Code::invalid_graph, "dependency \"" + reference + "\" is named twice"});
    }
    dependents.push_back(position);
}

std::vector<std::string> Creation::names() const {
    std::vector<std::string> names;
    names.reserve(jobs_.size());
    for (const auto& job : jobs_) {
        names.push_back(job.request.key);
    }
    return names;
}

bool has_failed(const std::string& status) {
    return status == "failed" || status == "cancelled";
}

void Creation::lock_parents_outside() {
    if (parents_.empty()) {
        return;
    }
    std::vector<Uuid> ids;
    for (const auto& [id, parent] : parents_) {
        ids.push_back(id);
    }
    for (const pg::Row row : lock_parents.execute(tenant_, ids)) {
        parents_.at(row.get<Uuid>(0)).status = row.get<std::string>(1);
    }
    std::vector<Uuid> waited_for;
    std::vector<std::int32_t> added;
    for (const auto& [id, parent] : parents_) {
        if (parent.status.empty()) {
            throw located(parent.dependents.front(),
                          {Code::unknown, "job " + to_string(id) + " does not exist",
                           "Tenant \"" + tenant_ + "\" has no job with this id."});
        }
        if (parent.status == "completed" || has_failed(parent.status)) {
            continue;
        }
        waited_for.push_back(id);
        added.push_back(static_cast<std::int32_t>(parent.dependents.size()));
        for (const auto position : parent.dependents) {
            ++open_[position];
        }
    }
    if (!waited_for.empty()) {
        count_dependents.execute(tenant_, waited_for, added);
    }
}

void Creation::make_ids() {
    ids_.reserve(jobs_.size());
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
        ids_.push_back(pg::make_uuid());
    }
    for (const auto& edge : edges_) {
        ++open_[edge.job];
        ++dependents_[edge.depends_on];
    }
}

std::vector<bool> Creation::find_doomed() const {
    std::vector<std::uint32_t> roots;
    for (const auto& [id, parent] : parents_) {
        if (has_failed(parent.status)) {
            roots.insert(roots.end(), parent.dependents.begin(), parent.dependents.end());
        }
    }
    return find_dependents(static_cast<std::uint32_t>(jobs_.size()), edges_, roots);
}

// The columns of the new rows, as the statement takes them.
struct Columns {
    std::vector<const char*> status;
    std::vector<std::optional<Time>> run_at;
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

    void add(const NewJob& job, const char* with_status) {
        const auto& request = job.request;
        status.push_back(with_status);
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
    }
};

void Creation::write_jobs() {
    const auto doomed = find_doomed();
    Columns columns;
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
        const char* waiting = open_[i] > 0 ? "blocked" : "pending";
        columns.add(jobs_[i], doomed[i] ? "cancelled" : waiting);
    }
    insert_jobs.execute(tenant_, pg::now(), ids_, columns.status, columns.run_at, open_,
                        dependents_, columns.job_type, columns.queue, columns.priority_class,
                        columns.required_capabilities, columns.payload, columns.max_retries,
                        columns.retry_base, columns.retry_factor, columns.retry_cap,
                        columns.timeout, columns.project, columns.run, columns.phase);
}

void Creation::write_edges() {
    std::vector<Uuid> job_ids;
    std::vector<Uuid> depends_on;
    for (const auto& edge : edges_) {
        job_ids.push_back(ids_[edge.job]);
        depends_on.push_back(ids_[edge.depends_on]);
    }
    for (const auto& [id, parent] : parents_) {
        for (const auto position : parent.dependents) {
            job_ids.push_back(ids_[position]);
            depends_on.push_back(id);
        }
    }
    if (!job_ids.empty()) {
        insert_edges.execute(tenant_, job_ids, depends_on);
    }
}

}  // namespace

std::vector<Uuid> create(const std::string& tenant, const std::vector<NewJob>& jobs, Place place) {
    return Creation{tenant, jobs, place}.run();
}

}  // namespace ideamine::jobs
