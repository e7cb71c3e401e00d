// Binding logins to tenants; what they are bound to is asked in caller_store.hpp.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::access {

// Throws ID404 unless there is such a role, and ID409 if row security does not hold it back, or it
// may become a role for which that is so. All of these inside a pg::Spi.
void require_bindable_login(const std::string& login);

// False if it is bound to the tenant already.
bool bind_login(const std::string& login, const std::string& tenant);

// False if it was not bound to the tenant.
bool unbind_login(const std::string& login, const std::string& tenant);

// Whether a login is bound to any tenant.
bool is_bound(const std::string& login);

}  // namespace ideamine::access
