#include "access/role_store.hpp"

namespace ideamine::access {

namespace {

using Kind = pg::Statement::Kind;

#define IDEAMINE_OF_MEMBERSHIP " WHERE tenant_id = $1 AND project_id = $2 AND user_id = $3"

constinit pg::Statement find_role{
    "SELECT role::text FROM ideamine.user_roles" IDEAMINE_OF_MEMBERSHIP, Kind::reads};

// Those who hold the project see what the one before them has committed.
constinit pg::Statement find_latest_role{
    "SELECT role::text FROM ideamine.user_roles" IDEAMINE_OF_MEMBERSHIP, Kind::reads_latest};

constinit pg::Statement find_other_owner{
    "SELECT FROM ideamine.user_roles"
    " WHERE tenant_id = $1 AND project_id = $2 AND user_id <> $3 AND role = 'owner' LIMIT 1",
    Kind::reads_latest};

constinit pg::Statement set_role{
    "INSERT INTO ideamine.user_roles (project_id, tenant_id, user_id, role, granted_at)"
    " VALUES ($2, $1, $3, $4::text::ideamine.project_role, $5)"
    " ON CONFLICT (project_id, tenant_id, user_id)"
    "  DO UPDATE SET role = excluded.role, granted_at = excluded.granted_at"};

constinit pg::Statement remove_role{"DELETE FROM ideamine.user_roles" IDEAMINE_OF_MEMBERSHIP,
                                    Kind::writes_latest};

std::optional<Role> find(pg::Statement& statement, const Membership& membership) {
    const auto found = statement.execute(membership.tenant, membership.project, membership.user);
    return found.empty() ? std::nullopt : std::optional{parse_role(found[0].get<std::string>(0))};
}

void check_is_not_last_owner(const Membership& membership) {
    if (find_other_owner.execute(membership.tenant, membership.project, membership.user).empty()) {
        throw Error(Code::conflict,
                    "user \"" + membership.user + "\" is the last owner of project \"" +
                        membership.project + "\"",
                    {}, "Grant the role owner to another user first.");
    }
}

}  // namespace

std::optional<Role> role_of(const Membership& membership) {
    return find(find_role, membership);
}

void require_role(const Membership& membership, Role at_least) {
    const auto role = role_of(membership);
    if (!role || !is_at_least(*role, at_least)) {
        throw Error(Code::forbidden, "user \"" + membership.user + "\" is not " +
                                         to_string(at_least) + " of project \"" +
                                         membership.project + "\"");
    }
}

bool grant_role(const Membership& membership, Role role) {
    const auto current = find(find_latest_role, membership);
    if (current == role) {
        return false;
    }
    if (current == Role::owner) {
        check_is_not_last_owner(membership);
    }
    set_role.execute(membership.tenant, membership.project, membership.user, to_string(role),
                     pg::now());
    return true;
}

bool revoke_role(const Membership& membership) {
    const auto current = find(find_latest_role, membership);
    if (current == Role::owner) {
        check_is_not_last_owner(membership);
    }
    if (current) {
        remove_role.execute(membership.tenant, membership.project, membership.user);
    }
    return current.has_value();
}

}  // namespace ideamine::access
