#include "access/caller_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/json_fields.hpp"
#include "priority/policies_store.hpp"
#include "priority/round_store.hpp"
#include "quota/held_room_store.hpp"
#include "quota/needs.hpp"

using namespace ideamine;

namespace {

using Member = pg::JsonMember;
using jobs::PriorityClass;
using priority::PolicyRow;

// Of what only P0 and P1 gain, and P0 never gives.
PriorityClass read_for_class(const Member& member) {
    const auto of = jobs::parse_priority_class(pg::read_text(member));
    if (of > PriorityClass::p1) {
        throw Error(Code::invalid_argument, "for_class must be P0 or P1");
    }
    return of;
}

std::vector<PriorityClass> read_victims(const Member& member) {
    std::vector<PriorityClass> victims;
    for (const auto& text : pg::read_texts(member)) {
        victims.push_back(jobs::parse_priority_class(text));
    }
    if (victims.empty() || victims.size() > 3 ||
        std::ranges::count(victims, PriorityClass::p0) > 0) {
        throw Error(Code::invalid_argument, "victims must be one to three of P1, P2 and P3");
    }
    return victims;
}

double read_threshold(const Member& member) {
    const auto threshold = pg::read_number(member);
    if (!(threshold >= 0 && threshold <= 1)) {
        throw Error(Code::invalid_argument, "threshold must be between 0 and 1");
    }
    return threshold;
}

bool read_boolean(const Member& member) {
    pg::expect_kind(member, pg::JsonValue::Kind::boolean);
    return member.value.boolean();
}

struct Given {
    PolicyRow row;
    bool has_resource = false;
    bool has_threshold = false;
};

constexpr std::array fields{
    pg::Field<Given>{"resource",
                     [](Given& g, const Member& m) {
                         g.row.policy.resource = quota::parse_held(pg::read_text(m));
                         g.has_resource = true;
                     }},
    pg::Field<Given>{"threshold",
                     [](Given& g, const Member& m) {
                         g.row.policy.threshold = read_threshold(m);
                         g.has_threshold = true;
                     }},
    pg::Field<Given>{"for_class",
                     [](Given& g, const Member& m) { g.row.policy.for_class = read_for_class(m); }},
    pg::Field<Given>{"victims",
                     [](Given& g, const Member& m) { g.row.policy.victims = read_victims(m); }},
    pg::Field<Given>{"together",
                     [](Given& g, const Member& m) { g.row.policy.together = read_boolean(m); }},
    pg::Field<Given>{"enabled", [](Given& g, const Member& m) { g.row.enabled = read_boolean(m); }},
};

PolicyRow read_policy(const std::string& name, const pg::Json& json) {
    Given given{.row = {.policy = {.name = name,
                                   .resource = quota::Resource::cpu,
                                   .threshold = 0,
                                   .for_class = PriorityClass::p1,
                                   .victims = {PriorityClass::p3, PriorityClass::p2},
                                   .together = false}}};
    pg::read_object("policy", std::span<const pg::Field<Given>>{fields}, given,
                    pg::JsonValue::of(json));
    if (!given.has_resource || !given.has_threshold) {
        throw Error(Code::invalid_argument, "policy must have resource and threshold");
    }
    return given.row;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_evaluate_preemption_policy) {
    return pg::boundary([&] {
        access::require_platform("evaluate_preemption_policy()");
        const pg::Arguments arguments{fcinfo};
        const auto json = arguments.optional<pg::Json>(0);
        pg::Returned returned{arguments};
        const pg::Spi spi;
        std::vector<priority::Policy> policies;
        if (!json) {
            policies = priority::read_policies();
        } else if (auto row = read_policy("given", *json); row.enabled) {
            policies.push_back(std::move(row.policy));
        }
        priority::hold_round(policies, returned);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_set_preemption_policy) {
    return pg::boundary([&] {
        access::require_platform("set_preemption_policy()");
        const pg::Arguments arguments{fcinfo};
        const auto name = arguments.required<std::string>(0, "name");
        check_identifier("name", name);
        const auto json = arguments.optional<pg::Json>(1);
        const pg::Spi spi;
        if (!json) {
            return BoolGetDatum(priority::remove_policy(name));
        }
        priority::set_policy(read_policy(name, *json));
        return BoolGetDatum(true);
    });
}

IDEAMINE_FUNCTION(ideamine_give_back_unclaimed_room) {
    return pg::boundary([&] {
        access::require_platform("give_back_unclaimed_room()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(quota::give_back_unclaimed_room(at));
    });
}
