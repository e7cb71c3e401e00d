// Roles of users in projects: viewer < developer < admin < owner.
#pragma once

#include <string_view>

namespace ideamine::access {

// In their order: whoever has a role has those before it.
enum class Role { viewer, developer, admin, owner };

// As the SQL type ideamine.project_role spells it.
const char* to_string(Role role);
// Throws ID400 for anything else.
Role parse_role(std::string_view text);

constexpr bool is_at_least(Role role, Role at_least) {
    return role >= at_least;
}

}  // namespace ideamine::access
