#include "access/tenant_store.hpp"
#include "ideamine/pg/function.hpp"
#include "jobs/create_store.hpp"
#include "jobs/jobs_settings.hpp"

using namespace ideamine;

namespace {

std::string place_in_batch(std::size_t position, const jobs::JobRequest& request) {
    return "job " + std::to_string(position + 1) +
           (request.key.empty() ? "" : " (\"" + request.key + "\")");
}

jobs::NewJob read_arguments(const pg::Arguments& arguments) {
    jobs::NewJob job;
    auto& request = job.request;
    request.job_type = arguments.required<std::string>(1, "job_type");
    job.payload = arguments.optional<pg::Json>(2);
    if (const auto priority_class = arguments.optional<std::string>(3)) {
        request.priority_class = jobs::parse_priority_class(*priority_class);
    }
    request.run_at = arguments.optional<Time>(4);
    if (request.run_at == Time::max() || request.run_at == Time::min()) {
        throw Error(Code::invalid_argument, "run_at must be finite");
    }
    for (const auto& id : arguments.optional<std::vector<Uuid>>(5).value_or(std::vector<Uuid>{})) {
        request.depends_on.push_back({.job = to_string(id)});
    }
    if (const auto options = arguments.optional<pg::Json>(6)) {
        jobs::read_options(request, pg::JsonValue::of(*options));
    }
    jobs::check_payload(job.payload);
    jobs::normalise(request);
    return job;
}

std::vector<jobs::NewJob> read_batch(const pg::Json& batch) {
    const auto array = pg::JsonValue::of(batch);
    if (array.kind() != pg::JsonValue::Kind::array) {
        throw Error(Code::invalid_argument,
                    std::string{"jobs must be an array of objects, not "} + describe(array.kind()));
    }
    jobs::check_batch_size(array.size());
    std::vector<jobs::NewJob> batch_jobs;
    batch_jobs.reserve(array.size());
    for (const auto& element : array.elements()) {
        pg::check_interrupts();
        auto& job = batch_jobs.emplace_back();
        try {
            jobs::read_job(job, element);
        } catch (const Error& error) {
            throw error.within(place_in_batch(batch_jobs.size() - 1, job.request));
        }
    }
    return batch_jobs;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_create_job) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const std::vector<jobs::NewJob> job{read_arguments(arguments)};
        pg::Returned returned{arguments};
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::may_create);
        const auto created = jobs::create(tenant, job, nullptr).front();
        returned.add(created.job, created.created);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_create_jobs) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto batch = read_batch(arguments.required<pg::Json>(1, "jobs"));
        pg::Returned returned{arguments};
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::may_create);
        const auto created = jobs::create(tenant, batch, place_in_batch);
        for (std::size_t i = 0; i < created.size(); ++i) {
            const auto& key = batch[i].request.key;
            returned.add(key.empty() ? std::nullopt : std::optional<std::string_view>{key},
                         created[i].job, created[i].created);
        }
        return Datum{0};
    });
}
