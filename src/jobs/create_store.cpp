#include "jobs/create_store.hpp"

#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/random.hpp"
#include "idempotency/idempotency_store.hpp"
#include "jobs/batch_plan.hpp"
#include "jobs/context_store.hpp"
#include "jobs/inheritance.hpp"
#include "jobs/inheritance_store.hpp"
#include "jobs/new_rows_store.hpp"
#include "jobs/past_store.hpp"
#include "jobs/served_class.hpp"

namespace ideamine::jobs {

namespace {

// The rows stay locked until the new edges are committed: a completion that ran meanwhile would not
// see them, and the new job would wait for ever. They are also changed, not only locked, so that a
// completion in a transaction with an older snapshot fails to serialise instead of overlooking the
// edges.
constinit pg::Statement lock_parents{
    "SELECT job_id, status::text, $[1.1 quorum_of$| NULL::uuid$],"
    "  " IDEAMINE_SERVED_AS("jobs") "::text FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND job_id = ANY ($2)"
    " ORDER BY job_id FOR NO KEY UPDATE"};

// Sorted, so that width_bucket() finds a job's place among them.
constinit pg::Statement count_dependents{
    "UPDATE ideamine.jobs"
    " SET dependents = dependents + ($3::integer[])[width_bucket(job_id, $2)]"
    " WHERE tenant_id = $1 AND job_id = ANY ($2)"};

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
        inherit();
        write_jobs();
        write_edges();
        raise_parents();
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
    void set_parent(const Uuid& id, const std::string& status,
                    const std::optional<Uuid>& quorum_of);
    void lock_parents_outside();
    bool is_new(std::size_t position) const { return !existing_[position] && !repeats_[position]; }
    void add_quorum_job(NewRows& rows, std::uint32_t position);
    void write_jobs();
    void write_edges();
    void inherit();
    std::optional<PriorityClass> inherited_by(std::uint32_t position) const;
    void raise_parents();
    void note_failures();
    std::vector<Created> created() const;

    const std::string& tenant_;
    const std::vector<NewJob>& jobs_;
    Place place_;
    BatchPlan plan_;
    Beginnings beginnings_;
    std::vector<PriorityClass> served_as_;
    std::map<Uuid, PriorityClass> parents_served_as_;  // without the jobs of this call
    bool depends_on_history_ = false;
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
    Version required{1, 0};
    for (const auto& job : jobs_) {
        required = std::max(required, required_version(job.request));
    }
    if (required > Version{1, 0}) {
        pg::require_version(required, "this option of a job");
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

// A vote may be cancelled or asked again without any consequence but for its job.
Error is_a_vote(const Uuid& vote, const Uuid& job) {
    return {Code::invalid_graph, "job " + to_string(vote) + " is a vote",
            "It is one of several on job " + to_string(job) + ", which they decide together.",
            "Depend on that job instead."};
}

void Creation::set_parent(const Uuid& id, const std::string& status,
                          const std::optional<Uuid>& quorum_of) {
    auto& parent = plan_.parents.at(id);
    parent.status = status;
    if (quorum_of) {
        throw located(parent.dependents.front().job, is_a_vote(id, *quorum_of));
    }
}

// Those in history have ended for good: nothing is locked, and nobody counts who comes after them.
void Creation::lock_parents_outside() {
    if (plan_.parents.empty()) {
        return;
    }
    std::vector<Uuid> ids;
    for (const auto& [id, parent] : plan_.parents) {
        ids.push_back(id);
    }
    for (const pg::Row row : lock_parents.execute(tenant_, ids)) {
        set_parent(row.get<Uuid>(0), row.get<std::string>(1), row.optional<Uuid>(2));
        parents_served_as_[row.get<Uuid>(0)] = parse_priority_class(row.get<std::string>(3));
    }
    JobRefs missing;
    for (const auto& [id, parent] : plan_.parents) {
        if (parent.status.empty()) {
            missing.add(tenant_, id);
        }
    }
    for (const auto& past : find_past_jobs(missing)) {
        set_parent(past.job, past.status, past.quorum_of);
        depends_on_history_ = true;
    }
    std::vector<Uuid> waited_for;
    std::vector<std::int32_t> added;
    for (const auto& [id, parent] : plan_.parents) {
        if (parent.status.empty()) {
            throw located(parent.dependents.front().job,
                          {Code::unknown, "job " + to_string(id) + " does not exist",
                           "Tenant \"" + tenant_ + "\" has no job with this id."});
        }
        const auto waiting = std::ranges::count_if(parent.dependents, [&](const auto& dependent) {
            return may_be_waited_for(parent.status, dependent.on_failure);
        });
        if (waiting > 0) {
            waited_for.push_back(id);
            added.push_back(static_cast<std::int32_t>(waiting));
        }
    }
    if (!waited_for.empty()) {
        count_dependents.execute(tenant_, waited_for, added);
    }
}

void Creation::inherit() {
    std::vector<PriorityClass> own;
    std::vector<bool> waits;
    own.reserve(jobs_.size());
    waits.reserve(jobs_.size());
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
        own.push_back(jobs_[i].request.priority_class);
        waits.push_back(beginnings_.open[i] > 0 && !beginnings_.doomed[i]);
    }
    served_as_ = served_classes(own, waits, plan_.edges, pg::check_interrupts);
}

std::optional<PriorityClass> Creation::inherited_by(std::uint32_t position) const {
    const auto served_as = served_as_[position];
    return served_as < jobs_[position].request.priority_class ? std::optional{served_as}
                                                              : std::nullopt;
}

// Usually they are served as a class that is high enough.
void Creation::raise_parents() {
    JobRefs raised;
    for (const auto& [id, served_as] : parents_served_as_) {
        const auto& dependents = plan_.parents.at(id).dependents;
        if (std::ranges::any_of(dependents, [&, &own = served_as](const auto& dependent) {
                return served_as_[dependent.job] < own;
            })) {
            raised.add(tenant_, id);
        }
    }
    pass_on_classes(raised, Reach::of_changed);
}

// The job itself is never run: it stays blocked until its votes have decided.
void Creation::add_quorum_job(NewRows& rows, std::uint32_t position) {
    const auto& job = jobs_[position];
    const auto [votes, agree] = *job.request.quorum;
    const bool doomed = beginnings_.doomed[position];
    rows.add(job, {.id = ids_[position],
                   .status = doomed ? "cancelled" : "blocked",
                   .open_dependencies = agree,
                   .dependents = beginnings_.dependents[position],
                   .quorum = agree,
                   .inherited_class = inherited_by(position)});
    for (int i = 0; !doomed && i < votes; ++i) {
        const auto vote = pg::make_uuid();
        votes_[position].push_back(vote);
        rows.add(job, {.id = vote,
                       .status = beginnings_.open[position] > 0 ? "blocked" : "pending",
                       .open_dependencies = beginnings_.open[position],
                       .quorum_of = ids_[position],
                       .inherited_class = inherited_by(position)});
    }
}

void Creation::write_jobs() {
    NewRows rows;
    for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
        if (!is_new(i)) {
            continue;
        }
        if (jobs_[i].request.quorum) {
            add_quorum_job(rows, i);
            continue;
        }
        const char* waiting = beginnings_.open[i] > 0 ? "blocked" : "pending";
        rows.add(jobs_[i], {.id = ids_[i],
                            .status = beginnings_.doomed[i] ? "cancelled" : waiting,
                            .open_dependencies = beginnings_.open[i],
                            .dependents = beginnings_.dependents[i],
                            .inherited_class = inherited_by(i)});
    }
    rows.write(tenant_);
}

void Creation::write_edges() {
    NewEdges edges;
    const auto add = [&](std::uint32_t position, const Uuid& parent, FailurePolicy on_failure) {
        const auto votes = votes_.find(position);
        if (votes == votes_.end()) {
            edges.add(ids_[position], parent, on_failure);
            return;
        }
        for (const auto& vote : votes->second) {
            edges.add(vote, parent, on_failure);
        }
    };
    for (std::size_t i = 0; i < plan_.edges.size(); ++i) {
        add(plan_.edges[i].job, ids_[plan_.edges[i].depends_on], plan_.policies[i]);
    }
    for (const auto& [id, parent] : plan_.parents) {
        for (const auto& dependent : parent.dependents) {
            add(dependent.job, id, dependent.on_failure);
        }
    }
    edges.write(tenant_);
}

void Creation::note_failures() {
    JobRefs informed;
    for (std::uint32_t i = 0; i < jobs_.size(); ++i) {
        if (beginnings_.after_failure[i] && is_new(i)) {
            informed.add(tenant_, ids_[i]);
            for (const auto& vote : votes_[i]) {
                informed.add(tenant_, vote);
            }
        }
    }
    if (depends_on_history_) {
        note_past_failures_in_context(informed);
    } else {
        note_failures_in_context(informed);
    }
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
