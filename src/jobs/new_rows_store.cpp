#include "jobs/new_rows_store.hpp"

#include "ideamine/pg/function.hpp"
#include "jobs/gate_store.hpp"
#include "jobs/jobs_table.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/publish_store.hpp"

extern "C" {
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
}

namespace ideamine::jobs {

namespace {

constinit pg::Statement insert_jobs{
    "INSERT INTO ideamine.jobs AS j (job_id, tenant_id, created_at, epoch, attempt, status, "
    "run_at, "
    "ready_at,"
    "  finished_at, cancel_reason, open_dependencies, dependents, job_type, queue, priority_class,"
    "  required_capabilities, payload, max_retries, retry_base, retry_factor, retry_cap, timeout,"
    "  project_id, run_id, phase$[1.1 , concurrency_key, concurrency_limit, quorum, "
    "quorum_of$]$[1.2 , needs, inherited_class$])"
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
    "  $[1.2 , n.needs::jsonb, n.inherited_class::ideamine.priority_class$]"
    " FROM unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::integer[], $7::integer[], "
    "$8::text[],"
    "  $9::text[], $10::text[], $11::text[], $12::jsonb[], $13::integer[], $14::interval[],"
    "  $15::double precision[], $16::interval[], $17::interval[], $18::text[], $19::uuid[], "
    "$20::text[],"
    "  $21::text[], $22::integer[], $23::integer[], $24::uuid[], $25::text[], $26::text[])"
    "  AS n (job_id, status, run_at, open_dependencies, dependents, job_type, queue, "
    "priority_class,"
    "  required_capabilities, payload, max_retries, retry_base, retry_factor, retry_cap, timeout,"
    "  project_id, run_id, phase, concurrency_key, concurrency_limit, quorum, quorum_of, needs,"
    "  inherited_class)"
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
    const auto& inherited = beginning.inherited_class;
    served_as_.push_back(to_string(inherited.value_or(request.priority_class)));
    inherited_class_.push_back(inherited ? std::optional<std::string_view>{to_string(*inherited)}
                                         : std::nullopt);
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
    const auto needs = is_run ? request.needs : quota::Needs{};
    concurrency_key_.push_back(is_run ? request.concurrency_key : std::nullopt);
    concurrency_limit_.push_back(is_run ? request.concurrency_limit : std::nullopt);
    needs_.push_back(needs.empty() ? std::nullopt : std::optional{to_json(needs)});
    lane_.push_back(required_capabilities_.back() +
                    lane_mark(request.run || !needs.empty(), needs));
}

void NewRows::write(const std::string& tenant) const {
    const auto now = pg::now();
    if (!id_.empty() && !write_directly(tenant, now)) {
        publish_ready(insert_jobs.execute(
            tenant, now, id_, status_, run_at_, open_, dependents_, job_type_, queue_,
            priority_class_, required_capabilities_, payload_, max_retries_, retry_base_,
            retry_factor_, retry_cap_, timeout_, project_, run_, phase_, concurrency_key_,
            concurrency_limit_, quorum_, quorum_of_, needs_, inherited_class_));
    }
}

namespace {

// With what the statement gets from the table's definition.
enum Column : std::size_t {
    job_id,
    tenant_id,
    created_at,
    epoch,
    attempt,
    status,
    run_at,
    ready_at,
    finished_at,
    cancel_reason,
    open_dependencies,
    dependents,
    job_type,
    queue,
    priority_class,
    required_capabilities,
    payload,
    max_retries,
    retry_base,
    retry_factor,
    retry_cap,
    timeout,
    project_id,
    run_id,
    phase,
    concurrency_key,
    concurrency_limit,
    quorum,
    quorum_of,
    needs,
    waits_for,
    preemptions,
    inherited_class,
    column_count
};

constinit pg::Columns<column_count> columns{{"job_id",
                                             "tenant_id",
                                             "created_at",
                                             "epoch",
                                             "attempt",
                                             "status",
                                             "run_at",
                                             "ready_at",
                                             "finished_at",
                                             "cancel_reason",
                                             "open_dependencies",
                                             "dependents",
                                             "job_type",
                                             "queue",
                                             "priority_class",
                                             "required_capabilities",
                                             "payload",
                                             "max_retries",
                                             "retry_base",
                                             "retry_factor",
                                             "retry_cap",
                                             "timeout",
                                             "project_id",
                                             "run_id",
                                             "phase",
                                             "concurrency_key",
                                             "concurrency_limit",
                                             "quorum",
                                             "quorum_of",
                                             "needs",
                                             "waits_for",
                                             "preemptions",
                                             "inherited_class"}};

constinit pg::Labels<2> waits{"job_wait", {"time", "jobs"}};

int number(Column column) {
    return columns.numbers[column];
}

Datum array_from(const std::string& literal) {
    return literal == "{}"
               ? PointerGetDatum(construct_empty_array(TEXTOID))
               : OidInputFunctionCall(F_ARRAY_IN, const_cast<char*>(literal.c_str()), TEXTOID, -1);
}

Datum jsonb_from(const char* text) {
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
}

}  // namespace

bool NewRows::is_due(std::size_t i, Time now) const {
    return std::string_view{status_[i]} == "pending" && run_at_[i].value_or(now) <= now;
}

void NewRows::fill(pg::Table::NewRow& row, std::size_t i, const std::string& tenant,
                   Time now) const {
    const std::string_view begins{status_[i]};
    row.set(number(job_id), id_[i]);
    row.set(number(tenant_id), tenant);
    row.set(number(created_at), now);
    row.set(number(epoch), std::int64_t{0});
    row.set(number(attempt), std::int32_t{0});
    row.set_datum(number(status), statuses[begins]);
    row.set(number(run_at), run_at_[i] ? *run_at_[i] : now);
    if (is_due(i, now)) {
        row.set(number(ready_at), now);
    } else if (begins != "cancelled") {
        row.set_datum(number(waits_for), waits[begins == "blocked" ? "jobs" : "time"]);
    } else {
        row.set(number(finished_at), now);
        row.set(number(cancel_reason),
                std::string_view{"a job that it depends on failed or was cancelled"});
    }
    row.set(number(open_dependencies), open_[i]);
    row.set(number(dependents), dependents_[i]);
    row.set(number(job_type), job_type_[i]);
    row.set(number(queue), queue_[i]);
    row.set_datum(number(priority_class), classes[priority_class_[i]]);
    row.set_datum(number(required_capabilities), array_from(required_capabilities_[i]));
    row.set_datum(number(payload), payload_[i] ? payload_[i]->datum : jsonb_from("{}"));
    row.set(number(max_retries), max_retries_[i]);
    row.set(number(retry_base), retry_base_[i]);
    row.set(number(retry_factor), retry_factor_[i]);
    row.set(number(retry_cap), retry_cap_[i]);
    row.set(number(timeout), timeout_[i]);
    row.set(number(project_id), project_[i]);
    row.set(number(run_id), run_[i]);
    row.set(number(phase), phase_[i]);
    row.set(number(concurrency_key), concurrency_key_[i]);
    row.set(number(concurrency_limit), concurrency_limit_[i]);
    row.set(number(quorum), quorum_[i]);
    row.set(number(quorum_of), quorum_of_[i]);
    row.set(number(preemptions), std::int32_t{0});
    if (inherited_class_[i]) {
        row.set_datum(number(inherited_class), classes[*inherited_class_[i]]);
    }
    if (needs_[i]) {
        row.set_datum(number(needs), jsonb_from(needs_[i]->c_str()));
    }
}

// False: it has to be done by a statement.
bool NewRows::write_directly(const std::string& tenant, Time now) const {
    std::vector<pg::Tid> tids;
    {
        pg::Table table{"jobs"};
        if (!is_plain(table, pg::Table::Write::insert)) {
            return false;
        }
        table.look_up(columns);
        table.look_up(statuses);
        table.look_up(waits);
        table.look_up(classes);
        for (std::size_t i = 0; i < id_.size(); ++i) {
            table.add_row([&](pg::Table::NewRow& row) { fill(row, i, tenant, now); });
        }
        tids = table.write_rows();
    }
    std::vector<dispatch::shared::Ready> ready;
    for (std::size_t i = 0; i < id_.size(); ++i) {
        if (!is_due(i, now)) {
            continue;
        }
        ready.push_back(
            {.tenant = tenant,
             .lane = lane_[i],
             .priority_class = static_cast<std::uint8_t>(parse_priority_class(served_as_[i])),
             .item = {.job = id_[i],
                      .ready_at = now,
                      .row = key_of(tids[i]),
                      .special = concurrency_key_[i] || quorum_of_[i] || run_[i] || needs_[i]}});
    }
    publish_ready(std::move(ready));
    return true;
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
