#include "priority/assign_store.hpp"

#include "dispatch/leases_shared.hpp"
#include "ideamine/pg/random.hpp"
#include "jobs/inheritance_store.hpp"
#include "jobs/publish_store.hpp"
#include "jobs/read_store.hpp"

namespace ideamine::priority {

namespace {

constinit pg::Statement lock_job{
    "SELECT priority_class::text, status::text, coalesce(class_fixed, false) FROM ideamine.jobs"
    " WHERE tenant_id = $1 AND job_id = $2 FOR NO KEY UPDATE"};

// With the votes on it, which are what is run.
constinit pg::Statement write_class{
    "UPDATE ideamine.jobs j SET priority_class = $3::text::ideamine.priority_class,"
    "  class_fixed = CASE WHEN $4 THEN NULL ELSE true END"
    " WHERE tenant_id = $1 AND job_id = ANY (ARRAY("
    "   SELECT $2 UNION ALL SELECT job_id FROM ideamine.jobs"
    "   WHERE quorum_of = $2 AND tenant_id = $1 AND finished_at IS NULL ORDER BY 1))"
    " RETURNING " IDEAMINE_READY("j") ", CASE WHEN j.status = 'running' THEN j.epoch END"};

constinit pg::Statement note_assignment{
    "INSERT INTO ideamine.events (event_id, tenant_id, event_type, payload, created_at)"
    " VALUES ($1, $2, 'priority-assigned', jsonb_strip_nulls(jsonb_build_object('job_id', $3,"
    "  'previous', $4::text, 'priority_class', $5::text, 'reason', $6::text,"
    "  'overridable', $7::boolean)), $8)"};

bool has_ended(const std::string& status) {
    return status == "completed" || status == "failed" || status == "cancelled";
}

// Those that run would give way at another time.
void change_leases(const pg::Rows& written) {
    for (const pg::Row row : written) {
        if (const auto epoch = row.optional<std::int64_t>(jobs::ready_columns)) {
            dispatch::shared::change_lease(
                row.get<Uuid>(2), *epoch,
                {.priority_class = static_cast<std::uint8_t>(
                     jobs::parse_priority_class(row.get<std::string>(3)))});
        }
    }
}

[[noreturn]] void throw_ended(const Uuid& job, const std::string& status) {
    throw Error(Code::conflict, "job " + to_string(job) + " is " + status,
                "The class of a job that has ended means nothing any more.");
}

}  // namespace

jobs::PriorityClass assign(const std::string& tenant, const Uuid& job, const Assignment& assignment,
                           bool is_administrator) {
    const auto rows = lock_job.execute(tenant, job);
    if (rows.empty()) {
        throw_ended(job, jobs::require_job(tenant, job));
    }
    if (const auto status = rows[0].get<std::string>(1); has_ended(status)) {
        throw_ended(job, status);
    }
    if (rows[0].get<bool>(2) && !is_administrator) {
        throw Error(Code::forbidden, "the class of job " + to_string(job) + " is fixed",
                    "It was assigned with overridable => false.",
                    "Let an administrator change it.");
    }
    const auto previous = jobs::parse_priority_class(rows[0].get<std::string>(0));
    const auto* assigned = jobs::to_string(assignment.priority_class);
    const auto written = write_class.execute(tenant, job, assigned, assignment.overridable);
    jobs::publish_ready(written);
    change_leases(written);
    jobs::JobRefs changed;
    for (const pg::Row row : written) {
        changed.add(tenant, row.get<Uuid>(2));
    }
    jobs::pass_on_classes(changed, jobs::Reach::and_beyond);
    note_assignment.execute(pg::make_uuid(), tenant, job, jobs::to_string(previous), assigned,
                            assignment.reason, assignment.overridable, pg::now());
    return previous;
}

}  // namespace ideamine::priority
