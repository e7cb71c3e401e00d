// The roles of users in projects.
#pragma once

#include "access/role.hpp"
#include "ideamine/pg/spi.hpp"

namespace ideamine::access {

struct Membership {
    std::string tenant;
    std::string project;
    std::string user;
};

// None: the user has no role in the project. All of these inside a pg::Spi.
std::optional<Role> role_of(const Membership& membership);

// Throws ID403 unless the user has at least this role: for functions that are told who acts.
void require_role(const Membership& membership, Role at_least);

// False if the user has this role already. The project is held, see project_store.hpp. Throws ID409
// if it would leave a project with owners without one.
bool grant_role(const Membership& membership, Role role);
// False if the user has none. The same.
bool revoke_role(const Membership& membership);

}  // namespace ideamine::access
