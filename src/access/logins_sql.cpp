#include "access/caller_store.hpp"
#include "access/login_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/log.hpp"
#include "ideamine/pg/watched_table.hpp"

using namespace ideamine;

namespace {

struct Binding {
    std::string login;
    std::string tenant;
};

Binding read_binding(const pg::Arguments& arguments) {
    Binding binding{arguments.required<std::string>(0, "login"),
                    arguments.required<std::string>(1, "tenant_id")};
    check_identifier("login", binding.login);
    check_identifier("tenant_id", binding.tenant);
    return binding;
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_bind_login) {
    return pg::boundary([&] {
        access::require_platform("bind_login()");
        const auto [login, tenant] = read_binding(pg::Arguments{fcinfo});
        const pg::Spi spi;
        access::require_bindable_login(login);
        access::require_tenant(tenant, access::Missing::may_create);
        return BoolGetDatum(access::bind_login(login, tenant));
    });
}

IDEAMINE_FUNCTION(ideamine_unbind_login) {
    return pg::boundary([&] {
        access::require_platform("unbind_login()");
        const auto [login, tenant] = read_binding(pg::Arguments{fcinfo});
        const pg::Spi spi;
        const bool unbound = access::unbind_login(login, tenant);
        if (unbound && !access::is_bound(login)) {
            pg::warn("login \"" + login +
                     "\" is not bound to any tenant any more, and not restricted");
        }
        return BoolGetDatum(unbound);
    });
}

IDEAMINE_FUNCTION(ideamine_sees_tenant) {
    return pg::boundary([&] {
        if (pg::is_first_call(fcinfo)) {
            pg::hear_of_changes();
        }
        const auto& tenant = fcinfo->args[0];
        return BoolGetDatum(!tenant.isnull && access::caller_sees(pg::text_view(tenant.value)));
    });
}

IDEAMINE_FUNCTION(ideamine_sees_tenants) {
    return pg::boundary([&] {
        if (pg::is_first_call(fcinfo)) {
            pg::hear_of_changes();
        }
        const auto tenants = pg::Arguments{fcinfo}.optional<std::vector<std::string>>(0);
        return BoolGetDatum(access::caller_sees_all(tenants));
    });
}

IDEAMINE_FUNCTION(ideamine_announce_change) {
    return pg::boundary([&] {
        pg::announce_change(fcinfo);
        return PointerGetDatum(nullptr);
    });
}
