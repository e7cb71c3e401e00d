#include "ideamine/pg/caller.hpp"

namespace ideamine::pg {

std::optional<std::string> role_name(Oid role) {
    const char* name = call([role] { return GetUserNameFromId(role, true); });
    return name == nullptr ? std::nullopt : std::optional<std::string>{name};
}

}  // namespace ideamine::pg
