#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/json.hpp"
#include "jobs/priority_class.hpp"
#include "quota/health_store.hpp"
#include "quota/quota_store.hpp"
#include "quota/tenant_ledger_store.hpp"

using namespace ideamine;

namespace {

using quota::Demand;
using quota::Resource;

admission::Amount read_amount(Resource resource, pg::Decimal value) {
    const auto amount =
        pg::to_units("amount", value, quota::decimal_digits(resource), pg::Rounding::up, false);
    if (amount <= 0) {
        throw Error(Code::invalid_argument, "amount must be above 0");
    }
    return amount;
}

Demand read_demand(const pg::Arguments& arguments) {
    const auto resource =
        quota::parse_resource(arguments.required<std::string_view>(1, "resource"));
    return {resource, read_amount(resource, arguments.required<pg::Decimal>(2, "amount"))};
}

quota::Purpose read_purpose(const pg::Arguments& arguments, int first) {
    return {.run = arguments.optional<Uuid>(first), .job = arguments.optional<Uuid>(first + 1)};
}

quota::Throttling read_throttling(const pg::Arguments& arguments, int argument) {
    const auto name = arguments.optional<std::string>(argument).value_or("P2");
    return jobs::parse_priority_class(name) == jobs::PriorityClass::p0
               ? quota::Throttling::ignored
               : quota::Throttling::honoured;
}

const char* reason_of(admission::Refusal refusal) {
    switch (refusal) {
        case admission::Refusal::throttled:
            return "throttled";
        case admission::Refusal::over_limit:
            return "limit_exceeded";
        case admission::Refusal::burst_spent:
            return "burst_exhausted";
        case admission::Refusal::none:
            break;
    }
    return nullptr;
}

// The columns of an answer: allowed, burst_allowed, current, limit, remaining, throttled_until,
// reason. Several resources are allowed together or not at all.
template <typename... Leading>
void add_answer(pg::Returned& returned, Resource resource, bool allowed,
                const admission::Verdict& verdict, const admission::Reading& reading,
                const Leading&... leading) {
    const auto units = [digits = quota::decimal_digits(resource)](admission::Amount amount) {
        return pg::Units{amount, digits};
    };
    // most have never been throttled, and need no clock
    const bool is_throttled =
        reading.throttled_until != Time::min() && reading.is_throttled(pg::now());
    const auto* reason = reason_of(verdict.refusal);
    returned.add(leading..., allowed, verdict.bursts, units(in_use(reading.usage)),
                 units(reading.limits.limit), units(remaining(reading.limits, reading.usage)),
                 is_throttled ? std::optional{reading.throttled_until} : std::nullopt,
                 reason == nullptr ? std::nullopt : std::optional{std::string_view{reason}});
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_check_quota) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string_view>(0));
        const auto demand = read_demand(arguments);
        const auto [verdict, reading] = quota::check(tenant, demand);
        pg::Returned returned{arguments};
        add_answer(returned, demand.resource, verdict.allowed(), verdict, reading);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_has_quota) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string_view>(0));
        return BoolGetDatum(quota::check(tenant, read_demand(arguments)).verdict.allowed());
    });
}

IDEAMINE_FUNCTION(ideamine_enforce_quota) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto demand = read_demand(arguments);
        const auto purpose = read_purpose(arguments, 3);
        const auto throttling = read_throttling(arguments, 5);
        pg::Returned returned{arguments};
        const auto answer =
            quota::enforce(tenant, std::span{&demand, 1}, purpose, throttling).front();
        add_answer(returned, demand.resource, answer.verdict.allowed(), answer.verdict,
                   answer.reading);
        return Datum{0};
    });
}

namespace {

// An object of resources and amounts.
std::vector<Demand> read_demands(pg::Json json) {
    const auto object = pg::JsonValue::of(json);
    if (object.kind() != pg::JsonValue::Kind::object || object.size() == 0) {
        throw Error(Code::invalid_argument,
                    "amounts must be a JSON object of resources and amounts");
    }
    std::vector<Demand> demands;
    for (const auto& [key, value] : object.members()) {
        const auto resource = quota::parse_resource(key);
        if (value.kind() != pg::JsonValue::Kind::number) {
            throw Error(Code::invalid_argument,
                        "the amount of " + std::string{key} + " must be a number");
        }
        demands.push_back({resource, read_amount(resource, value.decimal())});
    }
    return demands;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_enforce_quotas) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto demands = read_demands(arguments.required<pg::Json>(1, "amounts"));
        const auto purpose = read_purpose(arguments, 2);
        const auto throttling = read_throttling(arguments, 4);
        pg::Returned returned{arguments};
        const auto answers = quota::enforce(tenant, demands, purpose, throttling);
        const bool allowed = std::ranges::all_of(
            answers, [](const auto& answer) { return answer.verdict.allowed(); });
        for (std::size_t i = 0; i < demands.size(); ++i) {
            add_answer(returned, demands[i].resource, allowed, answers[i].verdict,
                       answers[i].reading, pg::Enum{"resource", to_string(demands[i].resource)});
        }
        return Datum{0};
    });
}

namespace {

pg::Units units(admission::Amount amount, Resource resource) {
    return {amount, quota::decimal_digits(resource)};
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_record_usage) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto demand = read_demand(arguments);
        const auto purpose = read_purpose(arguments, 3);
        const auto reading = quota::record(tenant, demand, purpose);
        return arguments.returned(units(in_use(reading.usage), demand.resource));
    });
}

IDEAMINE_FUNCTION(ideamine_release_quota) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto demand = read_demand(arguments);
        if (!quota::is_gauge(demand.resource)) {
            throw Error(Code::invalid_argument,
                        std::string{to_string(demand.resource)} + " is consumed, not held",
                        "Only cpu, memory, storage, gpu and concurrent_runs can be given back.");
        }
        const auto purpose = read_purpose(arguments, 3);
        return arguments.returned(units(quota::release(tenant, demand, purpose), demand.resource));
    });
}

IDEAMINE_FUNCTION(ideamine_calculate_tenant_health) {
    return pg::boundary([&] {
        const auto tenant = access::resolve_tenant(pg::Arguments{fcinfo}.optional<std::string>(0));
        const pg::Spi spi;
        return Int32GetDatum(quota::tenant_health(tenant));
    });
}

IDEAMINE_FUNCTION(ideamine_get_tenant_usage) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        pg::Returned returned{arguments};
        const auto now = pg::now();
        for (const auto resource : quota::resources) {
            const auto reading = quota::read_counter(tenant, resource, now);
            const auto units = [&](admission::Amount amount) {
                return pg::Units{amount, quota::decimal_digits(resource)};
            };
            returned.add(
                pg::Enum{"resource", to_string(resource)}, units(in_use(reading.usage)),
                units(reading.limits.limit),
                quota::is_gauge(resource) ? std::nullopt : std::optional{reading.window_start},
                reading.is_throttled(now) ? std::optional{reading.throttled_until} : std::nullopt);
        }
        return Datum{0};
    });
}
