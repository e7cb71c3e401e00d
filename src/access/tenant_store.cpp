#include "access/tenant_store.hpp"

#include "access/access_settings.hpp"
#include "access/caller_store.hpp"
#include "access/tenant.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/extension.hpp"

namespace ideamine::access {

namespace {

constinit pg::Statement find{"SELECT FROM ideamine.tenants WHERE tenant_id = $1",
                             pg::Statement::Kind::reads};

constinit pg::Statement find_latest{"SELECT FROM ideamine.tenants WHERE tenant_id = $1",
                                    pg::Statement::Kind::reads_latest};

constinit pg::Statement insert{
    "INSERT INTO ideamine.tenants (tenant_id, name, tier, metadata, created_at)"
    " VALUES ($1, $2, $3, coalesce($4, '{}'), $5)"
    " ON CONFLICT (tenant_id) DO NOTHING"};

constinit pg::Statement update_weight{
    "UPDATE ideamine.tenants SET weight = $2 WHERE tenant_id = $1"};

}  // namespace

std::string resolve_tenant(const std::optional<std::string>& argument) {
    return std::string{resolve_tenant(std::optional<std::string_view>{argument})};
}

std::string_view resolve_tenant(const std::optional<std::string_view>& argument) {
    const std::string_view tenant = argument ? *argument : current_tenant_setting();
    check_identifier("tenant_id", tenant);
    check_caller(tenant);
    return tenant;
}

void require_tenant(const std::string& tenant, Missing missing) {
    if (!find.execute(tenant).empty()) {
        return;
    }
    if (tenant == default_tenant && missing == Missing::may_create) {
        create_tenant(tenant, tenant, "standard", std::nullopt);
        return;
    }
    throw_unknown_tenant(tenant);
}

bool has_tenant(const std::string& tenant) {
    return tenant == default_tenant || !find_latest.execute(tenant).empty();
}

void throw_unknown_tenant(const std::string& tenant) {
    throw Error(Code::unknown, "tenant \"" + tenant + "\" does not exist", {},
                "Create it with ideamine.create_tenant().");
}

void set_weight(const std::string& tenant, std::int32_t weight) {
    pg::require_version({1, 2}, "set_tenant_weight()");
    require_tenant(tenant, Missing::may_create);
    update_weight.execute(tenant, weight);
}

bool create_tenant(const std::string& tenant, const std::string& name, const std::string& tier,
                   std::optional<pg::Json> metadata) {
    return insert.execute(tenant, name, tier, metadata, pg::now()).size() == 1;
}

}  // namespace ideamine::access
