// Who is asking, and for which tenants. A login that is bound to tenants (table tenant_logins) sees
// and does only what belongs to those; one that is bound to none is the platform's. Whoever acts by
// several roles (its own, one that it has SET, the owner of a SECURITY DEFINER function) may do
// what all of them may.
//
// The answer is kept in the backend until the table or a role changes: a check costs tens of
// nanoseconds. Everything here inside a transaction; no SPI is needed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ideamine::access {

// Throws ID403 if the caller may not work for the tenant, whether there is such a tenant or not:
// to be asked before anything else about it.
void check_caller(std::string_view tenant);

// The same as an answer. In a loop, pg::hear_of_changes() before it.
bool caller_sees(std::string_view tenant);
// Of a worker and the like: whether all of these are the caller's. None and no tenants at all:
// whether the caller is the platform.
bool caller_sees_all(const std::optional<std::vector<std::string>>& tenants);

// The caller's tenants, sorted; none if it is the platform.
std::optional<std::vector<std::string>> caller_tenants();

// Whether the caller is bound to no tenant.
bool caller_is_platform();
// Throws ID403 if it is bound to any: for what concerns all of them. `what` begins the
// message: "create_tenant()".
void require_platform(std::string_view what);

// In _PG_init: EXPLAIN of what reads tables of ours is for the platform only (ID403), because it
// counts rows that the caller does not see.
void guard_explain();

}  // namespace ideamine::access
