#include "access/role.hpp"

#include <array>
#include <string>

#include "ideamine/error.hpp"

namespace ideamine::access {

namespace {

constexpr std::array<const char*, 4> names{"viewer", "developer", "admin", "owner"};

}  // namespace

const char* to_string(Role role) {
    return names.at(static_cast<std::size_t>(role));
}

Role parse_role(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (text == names.at(i)) {
            return static_cast<Role>(i);
        }
    }
    throw Error(Code::invalid_argument, "unknown role", {},
                "Roles are viewer, developer, admin and owner.");
}

}  // namespace ideamine::access
