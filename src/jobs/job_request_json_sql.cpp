#include "jobs/job_request_json_sql.hpp"

#include "ideamine/identifier.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/json_fields_sql.hpp"
#include "quota/leases_store.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::JsonValue::Kind;
using Member = pg::JsonMember;

// Either the id or key of a job, or an object with it and what its failure means.
Dependency dependency(const pg::JsonValue& element) {
    if (element.kind() == Kind::text) {
        return {.job = std::string{element.text()}};
    }
    if (element.kind() != Kind::object) {
        throw Error(Code::invalid_argument,
                    std::string{"depends_on must hold strings or objects, not "} +
                        describe(element.kind()));
    }
    Dependency dependency;
    for (const auto& member : element.members()) {
        if (member.key == "job") {
            dependency.job = read_text(member);
        } else if (member.key == "on_failure") {
            dependency.on_failure = parse_failure_policy(read_text(member));
        } else {
            refuse_key(member.key, "job, on_failure");
        }
    }
    if (dependency.job.empty()) {
        throw Error(Code::invalid_argument, "an element of depends_on names no job");
    }
    return dependency;
}

std::vector<Dependency> dependencies(const Member& member) {
    expect_kind(member, Kind::array);
    std::vector<Dependency> dependencies;
    for (const auto& element : member.value.elements()) {
        dependencies.push_back(dependency(element));
    }
    return dependencies;
}

Quorum quorum(const Member& member) {
    expect_kind(member, Kind::object);
    Quorum quorum;
    for (const auto& part : member.value.members()) {
        if (part.key == "votes") {
            quorum.votes = read_integer(part);
        } else if (part.key == "agree") {
            quorum.agree = read_integer(part);
        } else {
            refuse_key(part.key, "votes, agree");
        }
    }
    return quorum;
}

constexpr std::array option_fields{
    Field<NewJob>{"queue",
                  [](NewJob& job, const Member& member) { job.request.queue = read_text(member); }},
    Field<NewJob>{"required_capabilities",
                  [](NewJob& job, const Member& member) {
                      job.request.required_capabilities = read_texts(member);
                  }},
    Field<NewJob>{
        "max_retries",
        [](NewJob& job, const Member& member) { job.request.max_retries = read_integer(member); }},
    Field<NewJob>{
        "retry_base",
        [](NewJob& job, const Member& member) { job.request.retry_base = read_duration(member); }},
    Field<NewJob>{
        "retry_factor",
        [](NewJob& job, const Member& member) { job.request.retry_factor = read_number(member); }},
    Field<NewJob>{
        "retry_cap",
        [](NewJob& job, const Member& member) { job.request.retry_cap = read_duration(member); }},
    Field<NewJob>{
        "timeout",
        [](NewJob& job, const Member& member) { job.request.timeout = read_duration(member); }},
    Field<NewJob>{"project", [](NewJob& job,
                                const Member& member) { job.request.project = read_text(member); }},
    Field<NewJob>{"run",
                  [](NewJob& job, const Member& member) { job.request.run = read_uuid(member); }},
    Field<NewJob>{"phase",
                  [](NewJob& job, const Member& member) { job.request.phase = read_text(member); }},
    Field<NewJob>{"on_failure",
                  [](NewJob& job, const Member& member) {
                      job.request.on_failure = parse_failure_policy(read_text(member));
                  }},
    Field<NewJob>{
        "idempotency_key",
        [](NewJob& job, const Member& member) { job.request.idempotency_key = read_text(member); }},
    Field<NewJob>{
        "concurrency_key",
        [](NewJob& job, const Member& member) { job.request.concurrency_key = read_text(member); }},
    Field<NewJob>{"concurrency_limit",
                  [](NewJob& job, const Member& member) {
                      job.request.concurrency_limit = read_integer(member);
                  }},
    Field<NewJob>{"needs",
                  [](NewJob& job, const Member& member) {
                      job.request.needs = quota::read_needs(member.value);
                  }},
    Field<NewJob>{"quorum",
                  [](NewJob& job, const Member& member) { job.request.quorum = quorum(member); }},
};

constexpr std::array element_fields{
    Field<NewJob>{"key",
                  [](NewJob& job, const Member& member) { job.request.key = read_text(member); }},
    Field<NewJob>{
        "job_type",
        [](NewJob& job, const Member& member) { job.request.job_type = read_text(member); }},
    Field<NewJob>{"payload",
                  [](NewJob& job, const Member& member) { job.payload = member.value.to_jsonb(); },
                  true},
    Field<NewJob>{"priority_class",
                  [](NewJob& job, const Member& member) {
                      job.request.priority_class = read_priority_class(member);
                  }},
    Field<NewJob>{"run_at",
                  [](NewJob& job, const Member& member) {
                      job.request.run_at = pg::parse_time("run_at", read_text(member));
                  }},
    Field<NewJob>{
        "depends_on",
        [](NewJob& job, const Member& member) { job.request.depends_on = dependencies(member); }},
};

}  // namespace

void read_options(JobRequest& request, const pg::JsonValue& options) {
    NewJob job{std::move(request), std::nullopt};
    read_object<NewJob>("options", option_fields, job, options);
    request = std::move(job.request);
}

void read_job(NewJob& job, const pg::JsonValue& element) {
    if (element.kind() != Kind::object) {
        throw Error(Code::invalid_argument,
                    std::string{"must be an object, not "} + describe(element.kind()));
    }
    const auto members = element.members();
    if (const auto key = std::ranges::find(members, "key", &pg::JsonMember::key);
        key != members.end()) {
        read_field<NewJob>(element_fields, job, *key);
    }
    for (const auto& member : members) {
        if (!read_field<NewJob>(element_fields, job, member) &&
            !read_field<NewJob>(option_fields, job, member)) {
            refuse_key(member.key,
                       list_keys<NewJob>(element_fields) + ", " + list_keys<NewJob>(option_fields));
        }
    }
    if (!job.request.key.empty()) {
        check_identifier("key", job.request.key);
    }
    check_payload(job.payload);
    normalise(job.request);
}

void check_payload(const std::optional<pg::Json>& payload) {
    if (payload) {
        check_payload_size("payload", *payload);
    }
}

}  // namespace ideamine::jobs
