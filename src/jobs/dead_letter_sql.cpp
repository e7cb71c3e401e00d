#include "access/tenant_store.hpp"
#include "ideamine/pg/json.hpp"
#include "jobs/dead_letter_store.hpp"
#include "jobs/json_fields_sql.hpp"

using namespace ideamine;

namespace {

using Filter = jobs::DeadLetterFilter;
using Member = pg::JsonMember;

constexpr int most_letters = 1'000'000;

constexpr std::array fields{
    jobs::Field<Filter>{
        "job_ids",
        [](Filter& filter, const Member& member) { filter.jobs = jobs::read_uuids(member); }},
    jobs::Field<Filter>{
        "job_type",
        [](Filter& filter, const Member& member) { filter.job_type = jobs::read_text(member); }},
    jobs::Field<Filter>{
        "queue",
        [](Filter& filter, const Member& member) { filter.queue = jobs::read_text(member); }},
    jobs::Field<Filter>{"priority_class",
                        [](Filter& filter, const Member& member) {
                            filter.priority_class = to_string(jobs::read_priority_class(member));
                        }},
    jobs::Field<Filter>{"died_after",
                        [](Filter& filter, const Member& member) {
                            filter.died_after =
                                pg::parse_time("died_after", jobs::read_text(member));
                        }},
    jobs::Field<Filter>{"died_before",
                        [](Filter& filter, const Member& member) {
                            filter.died_before =
                                pg::parse_time("died_before", jobs::read_text(member));
                        }},
    jobs::Field<Filter>{
        "limit",
        [](Filter& filter, const Member& member) { filter.limit = jobs::read_integer(member); }},
};

Filter read_filter(const std::optional<pg::Json>& json) {
    Filter filter;
    if (json) {
        jobs::read_object<Filter>("filter", fields, filter, pg::JsonValue::of(*json));
    }
    if (filter.limit < 1 || filter.limit > most_letters) {
        throw Error(Code::invalid_argument,
                    "limit must be between 1 and " + std::to_string(most_letters));
    }
    return filter;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_retry_dead_letters) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto filter = read_filter(arguments.optional<pg::Json>(1));
        pg::Returned returned{arguments};
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::is_error);
        jobs::retry_dead_letters(tenant, filter, returned);
        return Datum{0};
    });
}
