// What a budget is for: a run, a project of a tenant, or the tenant itself.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ideamine::budget {

enum class ScopeKind { run, project, tenant };

inline constexpr std::array<ScopeKind, 3> scope_kinds{ScopeKind::run, ScopeKind::project,
                                                      ScopeKind::tenant};

// "run", "project", "tenant".
std::string_view to_string(ScopeKind kind);
// Accepts exactly what to_string() gives. Throws ID400, naming all there are.
ScopeKind parse_scope_kind(std::string_view name);

struct Scope {
    std::string tenant;
    ScopeKind kind;
    std::string id;  // a run's UUID in lower case, a project's id, or the tenant's own id

    bool operator==(const Scope&) const = default;
};

// `id` is the argument scope_id: for a run its UUID, in either case; for a project its id; for a
// tenant its own id, an empty text or nothing. Throws ID400 for all else, and for a tenant or a
// project whose id is no identifier.
Scope make_scope(std::string_view tenant, ScopeKind kind, std::optional<std::string_view> id);

// As one text, of at most admission::max_scope_bytes, which no other scope has; decode() brings the
// scope back. What decode() is handed comes from encode(), or it throws std::invalid_argument.
std::string encode(const Scope& scope);
Scope decode(std::string_view key);

}  // namespace ideamine::budget
