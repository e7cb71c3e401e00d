// The table of tenants.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::access {

// The tenant that an argument means: itself or, if it is NULL, the setting ideamine.tenant_id.
// Throws ID403 if the caller may not work for it.
std::string resolve_tenant(const std::optional<std::string>& argument);
// The same without a copy, for calls that change nothing: it lives as long as the argument and the
// setting.
std::string_view resolve_tenant(const std::optional<std::string_view>& argument);

// Throws ID404 if there is no such tenant. Only default-tenant is made when it is first needed, and
// only where `may_create`, since what reads must not write.
enum class Missing { may_create, is_error };
void require_tenant(const std::string& tenant, Missing missing);

// Whether there is one at this moment, or counts as one.
bool has_tenant(const std::string& tenant);

[[noreturn]] void throw_unknown_tenant(const std::string& tenant);

// Its share of what its class gets. Throws if there is no such tenant.
void set_weight(const std::string& tenant, std::int32_t weight);

// False if it was there already.
bool create_tenant(const std::string& tenant, const std::string& name, const std::string& tier,
                   std::optional<pg::Json> metadata);

}  // namespace ideamine::access
