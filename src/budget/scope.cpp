#include "budget/scope.hpp"

#include <cstddef>
#include <stdexcept>

#include "admission/ledger.hpp"
#include "budget/names.hpp"
#include "ideamine/error.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::budget {

namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, scope_kinds.size()> names{"run", "project", "tenant"};

// A key is the first letter of the kind, the tenant, the separator and the id. In identifiers there
// are no control characters.
constexpr char separator = '\x1f';
static_assert(1 + max_identifier_bytes + 1 + max_identifier_bytes <= admission::max_scope_bytes);

char letter_of(ScopeKind kind) {
    return to_string(kind).front();
}

std::string run_id(std::string_view id) {
    const auto uuid = parse_uuid(id);
    if (!uuid) {
        throw Error(Code::invalid_argument, "scope_id of a run must be a UUID");
    }
    return to_string(*uuid);
}

std::string project_id(std::string_view id) {
    check_identifier("scope_id of a project", id);
    return std::string{id};
}

std::string tenant_id(std::string_view id, std::string_view tenant) {
    if (!id.empty() && id != tenant) {
        throw Error(Code::invalid_argument, "scope_id of a tenant must be its own id, or null");
    }
    return std::string{tenant};
}

[[noreturn]] void throw_no_key() {
    throw std::invalid_argument("this is not the key of a budget's scope");
}

Scope split(std::string_view key) {
    const auto at = key.find(separator);
    if (at == std::string_view::npos) {
        throw_no_key();
    }
    for (const auto kind : scope_kinds) {
        if (letter_of(kind) == key.front()) {
            return {.tenant = std::string{key.substr(1, at - 1)},
                    .kind = kind,
                    .id = std::string{key.substr(at + 1)}};
        }
    }
    throw_no_key();
}

}  // namespace

std::string_view to_string(ScopeKind kind) {
    return names[static_cast<std::size_t>(kind)];
}

ScopeKind parse_scope_kind(std::string_view name) {
    return parse_name<ScopeKind>(names, name, "unknown scope",
                                 "Scopes are run, project and tenant.");
}

Scope make_scope(std::string_view tenant, ScopeKind kind, std::optional<std::string_view> id) {
    check_identifier("tenant_id", tenant);
    const auto given = id.value_or("");
    Scope scope{.tenant = std::string{tenant}, .kind = kind, .id = {}};
    switch (kind) {
        case ScopeKind::run:
            scope.id = run_id(given);
            break;
        case ScopeKind::project:
            scope.id = project_id(given);
            break;
        case ScopeKind::tenant:
            scope.id = tenant_id(given, tenant);
            break;
    }
    return scope;
}

std::string encode(const Scope& scope) {
    return letter_of(scope.kind) + scope.tenant + separator + scope.id;
}

Scope decode(std::string_view key) {
    auto scope = split(key);
    try {
        if (make_scope(scope.tenant, scope.kind, scope.id) == scope) {
            return scope;
        }
    } catch (const Error&) {
        // what no scope has is no key either
    }
    throw_no_key();
}

}  // namespace ideamine::budget
