#include "priority/policies_store.hpp"

namespace ideamine::priority {

namespace {

constinit pg::Statement list_policies{
    "SELECT p.name, p.resource::text, p.threshold, p.for_class::text, p.victims::text[], p.together"
    " FROM ideamine.preemption_policies p WHERE p.enabled AND NOT (p.builtin AND EXISTS ("
    "  SELECT FROM ideamine.preemption_policies o WHERE o.name = p.name AND NOT o.builtin OFFSET "
    "0))"
    " ORDER BY p.name",
    pg::Statement::Kind::walks};

constinit pg::Statement upsert_policy{
    "INSERT INTO ideamine.preemption_policies"
    " (name, builtin, resource, threshold, for_class, victims, together, enabled)"
    " VALUES ($1, false, $2::text::ideamine.resource, $3, $4::text::ideamine.priority_class,"
    "  $5::text[]::ideamine.priority_class[], $6, $7)"
    " ON CONFLICT (name, builtin) DO UPDATE SET resource = excluded.resource,"
    "  threshold = excluded.threshold, for_class = excluded.for_class,"
    "  victims = excluded.victims, together = excluded.together, enabled = excluded.enabled"};

constinit pg::Statement delete_policy{
    "DELETE FROM ideamine.preemption_policies WHERE name = $1 AND NOT builtin"};

}  // namespace

std::vector<Policy> read_policies() {
    std::vector<Policy> policies;
    for (const pg::Row row : list_policies.execute()) {
        Policy policy{.name = row.get<std::string>(0),
                      .resource = quota::parse_resource(row.get<std::string>(1)),
                      .threshold = row.get<double>(2),
                      .for_class = jobs::parse_priority_class(row.get<std::string>(3)),
                      .victims = {},
                      .together = row.get<bool>(5)};
        for (const auto& victim : row.get<std::vector<std::string>>(4)) {
            policy.victims.push_back(jobs::parse_priority_class(victim));
        }
        policies.push_back(std::move(policy));
    }
    return policies;
}

void set_policy(const PolicyRow& row) {
    const auto& policy = row.policy;
    std::vector<const char*> victims;
    for (const auto victim : policy.victims) {
        victims.push_back(jobs::to_string(victim));
    }
    upsert_policy.execute(policy.name, to_string(policy.resource), policy.threshold,
                          jobs::to_string(policy.for_class), victims, policy.together, row.enabled);
}

bool remove_policy(const std::string& name) {
    return delete_policy.execute(name).size() > 0;
}

}  // namespace ideamine::priority
