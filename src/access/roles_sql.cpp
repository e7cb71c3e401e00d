#include "access/project_store.hpp"
#include "access/role_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/function.hpp"

using namespace ideamine;

namespace {

access::Membership read_membership(const pg::Arguments& arguments) {
    access::Membership membership{
        .tenant = access::resolve_tenant(arguments.optional<std::string>(0)),
        .project = access::resolve_project(arguments.optional<std::string>(2)),
        .user = arguments.required<std::string>(1, "user_id")};
    check_identifier("user_id", membership.user);
    return membership;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_has_role) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto membership = read_membership(arguments);
        const auto at_least = access::parse_role(arguments.required<std::string>(3, "at_least"));
        const pg::Spi spi;
        const pg::AsOwner owner;
        const auto role = access::role_of(membership);
        return BoolGetDatum(role && access::is_at_least(*role, at_least));
    });
}

IDEAMINE_FUNCTION(ideamine_grant_role) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto membership = read_membership(arguments);
        const auto role = access::parse_role(arguments.required<std::string>(3, "role"));
        const pg::Spi spi;
        access::require_tenant(membership.tenant, access::Missing::may_create);
        access::hold_project(membership.tenant, membership.project);
        return BoolGetDatum(access::grant_role(membership, role));
    });
}

IDEAMINE_FUNCTION(ideamine_revoke_role) {
    return pg::boundary([&] {
        const auto membership = read_membership(pg::Arguments{fcinfo});
        const pg::Spi spi;
        access::require_tenant(membership.tenant, access::Missing::may_create);
        access::hold_project(membership.tenant, membership.project);
        return BoolGetDatum(access::revoke_role(membership));
    });
}
