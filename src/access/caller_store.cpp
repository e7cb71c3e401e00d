#include "access/caller_store.hpp"

#include <unordered_map>
#include <unordered_set>

#include "ideamine/pg/caller.hpp"
#include "ideamine/pg/explain_guard.hpp"
#include "ideamine/pg/watched_table.hpp"

namespace ideamine::access {

namespace {

struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
};
using Tenants = std::unordered_set<std::string, Hash, std::equal_to<>>;

// What the roles of this session are bound to; none: to nothing.
using Bindings = std::unordered_map<Oid, std::optional<Tenants>>;

constinit pg::WatchedTable logins{"tenant_logins", "tenant_logins_pkey"};
constinit Bindings* known = nullptr;

std::optional<Tenants> read_binding(Oid role) {
    const auto name = pg::role_name(role);
    if (!name) {  // dropped, with its session still there: nobody knows what it was bound to
        return Tenants{};
    }
    const auto tenants = logins.read(*name);
    return tenants.empty() ? std::nullopt : std::optional{Tenants{tenants.begin(), tenants.end()}};
}

// Valid until the next call.
const std::optional<Tenants>& binding_of(Oid role) {
    if (known == nullptr) {
        known = new Bindings;
    }
    if (logins.has_changed()) {
        known->clear();
    }
    auto found = known->find(role);
    if (found == known->end()) {
        found = known->emplace(role, read_binding(role)).first;
    }
    return found->second;
}

// Calls `look` with what each of the caller's roles is bound to, until it returns false.
template <typename Look>
bool all_bindings(Look look) {
    const auto roles = pg::acting_roles();
    for (std::size_t i = 0; i < roles.size(); ++i) {
        const bool seen =
            std::find(roles.begin(), roles.begin() + i, roles[i]) != roles.begin() + i;
        if (seen) {
            continue;
        }
        if (const auto& tenants = binding_of(roles[i]); tenants && !look(*tenants)) {
            return false;
        }
    }
    return true;
}

bool no_bindings() {
    return all_bindings([](const Tenants&) { return false; });
}

}  // namespace

bool caller_sees(std::string_view tenant) {
    return all_bindings([tenant](const Tenants& tenants) { return tenants.contains(tenant); });
}

bool caller_sees_all(const std::optional<std::vector<std::string>>& tenants) {
    if (!tenants || tenants->empty()) {
        return no_bindings();
    }
    return all_bindings([&tenants](const Tenants& own) {
        return std::ranges::all_of(
            *tenants, [&own](const std::string& tenant) { return own.contains(tenant); });
    });
}

void check_caller(std::string_view tenant) {
    pg::hear_of_changes();
    if (!caller_sees(tenant)) {
        throw Error(Code::forbidden,
                    "tenant \"" + std::string{tenant} + "\" is not among those of this login", {},
                    "Name a tenant that the login is bound to, or set ideamine.tenant_id to one.");
    }
}

std::optional<std::vector<std::string>> caller_tenants() {
    pg::hear_of_changes();
    std::optional<std::vector<std::string>> common;
    all_bindings([&common](const Tenants& tenants) {
        if (!common) {
            common.emplace(tenants.begin(), tenants.end());
        } else {
            std::erase_if(*common, [&](const auto& tenant) { return !tenants.contains(tenant); });
        }
        return true;
    });
    if (common) {
        std::ranges::sort(*common);
    }
    return common;
}

bool caller_is_platform() {
    pg::hear_of_changes();
    return no_bindings();
}

void require_platform(std::string_view what) {
    if (!caller_is_platform()) {
        throw Error(Code::forbidden,
                    std::string{what} + " is not for a login that is bound to tenants",
                    "It concerns all tenants.");
    }
}

void guard_explain() {
    pg::guard_explain([] {
        if (!caller_is_platform()) {
            throw Error(Code::forbidden,
                        "EXPLAIN of this is not for a login that is bound to tenants",
                        "It would count rows of other tenants.");
        }
    });
}

}  // namespace ideamine::access
