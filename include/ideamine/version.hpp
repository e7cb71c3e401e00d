// Versions of the extension's catalogue, and statements that differ between them.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace ideamine {

struct Version {
    int major = 0;
    int minor = 0;

    auto operator<=>(const Version&) const = default;
};

// As in pg_extension: "1.1". Nothing else is a version.
std::optional<Version> parse_version(std::string_view text);

// A library serves the catalogue of an older version until it is updated. What a statement may
// only say from some version on stands in $[1.1 … $] or, with what it says before that, in
// $[1.1 … $| … $].
constexpr bool is_versioned(std::string_view statement) {
    return statement.find("$[") != std::string_view::npos;
}
std::string text_for(Version version, std::string_view statement);

}  // namespace ideamine
