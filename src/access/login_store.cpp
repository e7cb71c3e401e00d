#include "access/login_store.hpp"

namespace ideamine::access {

namespace {

// Who may set a role may act as it. A superuser may set every role.
constinit pg::Statement find_role{
    "SELECT (SELECT s.rolname::text FROM pg_catalog.pg_roles s"
    "  WHERE (s.rolsuper OR s.rolbypassrls OR s.oid = (SELECT nspowner FROM pg_catalog.pg_namespace"
    "    WHERE nspname = 'ideamine'))"
    "   AND pg_catalog.pg_has_role(l.oid, s.oid, 'MEMBER')"
    "  ORDER BY s.oid <> l.oid, s.rolname LIMIT 1)"
    " FROM pg_catalog.pg_roles l WHERE l.rolname = $1",
    pg::Statement::Kind::reads_latest};

constinit pg::Statement insert{
    "INSERT INTO ideamine.tenant_logins (login, tenant_id, bound_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (login, tenant_id) DO NOTHING"};

constinit pg::Statement remove{
    "DELETE FROM ideamine.tenant_logins WHERE login = $1 AND tenant_id = $2"};

constinit pg::Statement find_any{"SELECT FROM ideamine.tenant_logins WHERE login = $1 LIMIT 1"};

}  // namespace

void require_bindable_login(const std::string& login) {
    const auto found = find_role.execute(login);
    if (found.empty()) {
        throw Error(Code::unknown, "role \"" + login + "\" does not exist");
    }
    if (const auto stronger = found[0].optional<std::string>(0)) {
        throw Error(
            Code::conflict, "role \"" + login + "\" cannot be bound to tenants",
            *stronger == login
                ? "Row security does not hold it back."
                : "It may become \"" + *stronger + "\", which row security does not hold back.",
            "Bind a role that is no superuser, has no BYPASSRLS, and does not own the extension.");
    }
}

bool bind_login(const std::string& login, const std::string& tenant) {
    return insert.execute(login, tenant, pg::now()).size() == 1;
}

bool unbind_login(const std::string& login, const std::string& tenant) {
    return remove.execute(login, tenant).size() == 1;
}

bool is_bound(const std::string& login) {
    return !find_any.execute(login).empty();
}

}  // namespace ideamine::access
