// The table of policies.
#pragma once

#include <optional>

#include "ideamine/pg/spi.hpp"
#include "priority/policies.hpp"

namespace ideamine::priority {

// Those that are enabled, by name; one of the users' instead of a shipped one of its name. Inside a
// pg::Spi.
std::vector<Policy> read_policies();

struct PolicyRow {
    Policy policy;
    bool enabled = true;
};

// Adds a policy, or changes it. Inside a pg::Spi.
void set_policy(const PolicyRow& row);
// Removes it: a shipped one of its name holds again. False if there was none. The same.
bool remove_policy(const std::string& name);

}  // namespace ideamine::priority
