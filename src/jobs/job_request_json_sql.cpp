#include "jobs/job_request_json_sql.hpp"

#include "ideamine/identifier.hpp"
#include "jobs/jobs_settings.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::JsonValue::Kind;

void expect(const pg::JsonMember& member, Kind kind) {
    if (member.value.kind() != kind) {
        throw Error(Code::invalid_argument, std::string{member.key} + " must be " + describe(kind) +
                                                ", not " + describe(member.value.kind()));
    }
}

std::string text(const pg::JsonMember& member) {
    expect(member, Kind::text);
    return std::string{member.value.text()};
}

int integer(const pg::JsonMember& member) {
    expect(member, Kind::number);
    const auto value = member.value.integer();
    if (!value || *value < INT_MIN || *value > INT_MAX) {
        throw Error(Code::invalid_argument,
                    std::string{member.key} + " must be a whole number within range");
    }
    return static_cast<int>(*value);
}

Duration duration(const pg::JsonMember& member) {
    expect(member, Kind::text);
    return pg::parse_duration(member.key, member.value.text());
}

std::vector<std::string> texts(const pg::JsonMember& member) {
    expect(member, Kind::array);
    std::vector<std::string> texts;
    for (const auto& element : member.value.elements()) {
        if (element.kind() != Kind::text) {
            throw Error(Code::invalid_argument, std::string{member.key} +
                                                    " must hold strings only, not " +
                                                    describe(element.kind()));
        }
        texts.emplace_back(element.text());
    }
    return texts;
}

Uuid uuid(const pg::JsonMember& member) {
    const auto value = parse_uuid(text(member));
    if (!value) {
        throw Error(Code::invalid_argument, std::string{member.key} + " is not a uuid");
    }
    return *value;
}

PriorityClass priority_class(const pg::JsonMember& member) {
    // older applications send 1 to 5 as a number
    return parse_priority_class(
        member.value.kind() == Kind::number ? std::to_string(integer(member)) : text(member));
}

double number(const pg::JsonMember& member) {
    expect(member, Kind::number);
    return member.value.number();
}

using Reader = void (*)(NewJob&, const pg::JsonMember&);

struct Field {
    std::string_view key;
    Reader read;
};

constexpr std::array option_fields{
    Field{"queue", [](NewJob& job, const auto& member) { job.request.queue = text(member); }},
    Field{
        "required_capabilities",
        [](NewJob& job, const auto& member) { job.request.required_capabilities = texts(member); }},
    Field{"max_retries",
          [](NewJob& job, const auto& member) { job.request.max_retries = integer(member); }},
    Field{"retry_base",
          [](NewJob& job, const auto& member) { job.request.retry_base = duration(member); }},
    Field{"retry_factor",
          [](NewJob& job, const auto& member) { job.request.retry_factor = number(member); }},
    Field{"retry_cap",
          [](NewJob& job, const auto& member) { job.request.retry_cap = duration(member); }},
    Field{"timeout",
          [](NewJob& job, const auto& member) { job.request.timeout = duration(member); }},
    Field{"project", [](NewJob& job, const auto& member) { job.request.project = text(member); }},
    Field{"run", [](NewJob& job, const auto& member) { job.request.run = uuid(member); }},
    Field{"phase", [](NewJob& job, const auto& member) { job.request.phase = text(member); }},
};

constexpr std::array element_fields{
    Field{"key", [](NewJob& job, const auto& member) { job.request.key = text(member); }},
    Field{"job_type", [](NewJob& job, const auto& member) { job.request.job_type = text(member); }},
    Field{"payload",
          [](NewJob& job, const auto& member) { job.payload = member.value.to_jsonb(); }},
    Field{"priority_class",
          [](NewJob& job, const auto& member) {
              job.request.priority_class = priority_class(member);
          }},
    Field{"run_at",
          [](NewJob& job, const auto& member) {
              job.request.run_at = pg::parse_time("run_at", text(member));
          }},
    Field{"depends_on",
          [](NewJob& job, const auto& member) { job.request.depends_on = texts(member); }},
};

bool read_field(std::span<const Field> fields, NewJob& job, const pg::JsonMember& member) {
    const auto field = std::ranges::find(fields, member.key, &Field::key);
    if (field == fields.end()) {
        return false;
    }
    // null means "not given"; only a payload may be null
    if (!member.value.is_null() || member.key == "payload") {
        field->read(job, member);
    }
    return true;
}

std::string list_keys(std::span<const Field> fields) {
    std::string list;
    for (const auto& field : fields) {
        list += (list.empty() ? "" : ", ") + std::string{field.key};
    }
    return list;
}

[[noreturn]] void refuse_key(std::string_view key, const std::string& known) {
    throw Error(Code::invalid_argument, "unknown key \"" + std::string{key} + "\"", {},
                "Known keys are " + known + ".");
}

}  // namespace

void read_options(JobRequest& request, const pg::JsonValue& options) {
    if (options.kind() != Kind::object) {
        throw Error(Code::invalid_argument,
                    std::string{"options must be an object, not "} + describe(options.kind()));
    }
    NewJob job{std::move(request), std::nullopt};
    for (const auto& member : options.members()) {
        if (!read_field(option_fields, job, member)) {
            refuse_key(member.key, list_keys(option_fields));
        }
    }
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
        read_field(element_fields, job, *key);
    }
    for (const auto& member : members) {
        if (!read_field(element_fields, job, member) && !read_field(option_fields, job, member)) {
            refuse_key(member.key, list_keys(element_fields) + ", " + list_keys(option_fields));
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
        check_payload_size("payload", pg::toasted_size(payload->datum));
    }
}

}  // namespace ideamine::jobs
