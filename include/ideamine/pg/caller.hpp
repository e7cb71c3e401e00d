// By whose rights a function runs.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// The session's own role; the one that it has SET; and the one whose rights hold at this moment,
// which a SECURITY DEFINER function, an index expression or a materialized view may have changed.
inline std::array<Oid, 3> acting_roles() {
    return {GetSessionUserId(), GetOuterUserId(), GetUserId()};
}

// Whether who called has the rights of this role, by the role that was SET or the session's own;
// superusers have them all. In a transaction.
bool acts_as(const char* role);

// None if the role has been dropped. In a transaction.
std::optional<std::string> role_name(Oid role);

}  // namespace ideamine::pg
