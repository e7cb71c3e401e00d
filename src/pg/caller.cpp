#include "ideamine/pg/caller.hpp"

extern "C" {
#include "utils/acl.h"
}

namespace ideamine::pg {

bool acts_as(const char* role) {
    return call([role] {
        const Oid wanted = get_role_oid(role, true);
        return OidIsValid(wanted) && has_privs_of_role(GetOuterUserId(), wanted);
    });
}

std::optional<std::string> role_name(Oid role) {
    const char* name = call([role] { return GetUserNameFromId(role, true); });
    return name == nullptr ? std::nullopt : std::optional<std::string>{name};
}

}  // namespace ideamine::pg
