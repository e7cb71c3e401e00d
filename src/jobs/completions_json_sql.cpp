#include "jobs/completions_json_sql.hpp"

#include "access/tenant_store.hpp"
#include "jobs/jobs_settings.hpp"
#include "jobs/json_fields_sql.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::JsonValue::Kind;

Epoch epoch_of(const pg::JsonMember& member) {
    const auto epoch = member.value.kind() == Kind::number ? member.value.integer() : std::nullopt;
    if (!epoch) {
        throw Error(Code::invalid_argument, "epoch must be a whole number");
    }
    return *epoch;
}

Ending read_completion(const pg::JsonValue& element) {
    if (element.kind() != Kind::object) {
        throw Error(Code::invalid_argument,
                    std::string{"must be an object, not "} + describe(element.kind()));
    }
    std::optional<std::string> tenant;
    std::optional<Uuid> job;
    std::optional<Epoch> epoch;
    std::optional<pg::Json> result;
    for (const auto& member : element.members()) {
        if (member.key == "tenant_id") {
            tenant = member.value.is_null() ? std::nullopt : std::optional{read_text(member)};
        } else if (member.key == "job_id") {
            job = read_uuid(member);
        } else if (member.key == "epoch") {
            epoch = epoch_of(member);
        } else if (member.key == "result") {
            result = member.value.to_jsonb();
            check_payload_size("result", *result);
        } else {
            refuse_key(member.key, "tenant_id, job_id, epoch, result");
        }
    }
    if (!job || !epoch) {
        throw Error(Code::invalid_argument, std::string{job ? "epoch" : "job_id"} + " is missing");
    }
    return {.lease = {access::resolve_tenant(tenant), *job, *epoch},
            .outcome = Outcome::completed,
            .data = result};
}

}  // namespace

std::vector<Ending> read_completions(const char* argument, const pg::Json& json) {
    const auto array = pg::JsonValue::of(json);
    if (array.kind() != Kind::array) {
        throw Error(
            Code::invalid_argument,
            std::string{argument} + " must be an array of objects, not " + describe(array.kind()));
    }
    check_batch_size(array.size());
    std::vector<Ending> completions;
    for (const auto& element : array.elements()) {
        pg::check_interrupts();
        try {
            completions.push_back(read_completion(element));
        } catch (const Error& error) {
            throw error.within("completion " + std::to_string(completions.size() + 1));
        }
    }
    return completions;
}

std::vector<Settled> settle_completions(const std::vector<Ending>& completions, bool strict) {
    auto settled = settle(completions).endings;
    for (std::size_t i = 0; strict && i < settled.size(); ++i) {
        if (settled[i].answer != Answer::ok) {
            throw_refusal(completions[i].lease, settled[i].answer);
        }
    }
    return settled;
}

}  // namespace ideamine::jobs
