#include "access/project_settings_json_sql.hpp"

#include "ideamine/pg/json_fields.hpp"

namespace ideamine::access {

namespace {

using Kind = pg::JsonValue::Kind;
using Member = pg::JsonMember;

constexpr std::size_t largest_settings = 256 * 1024;

bool read_boolean(const Member& member) {
    pg::expect_kind(member, Kind::boolean);
    return member.value.boolean();
}

template <auto read>
auto unless_null(const Member& member) -> std::optional<decltype(read(member))> {
    return member.value.is_null() ? std::nullopt : std::optional{read(member)};
}

constexpr bool takes_null = true;

constexpr std::array routing{
    pg::Field<Routing>{
        "defaultLayer",
        [](Routing& r, const Member& m) { r.default_layer = unless_null<pg::read_text>(m); },
        takes_null},
    pg::Field<Routing>{
        "maxLayer",
        [](Routing& r, const Member& m) { r.max_layer = unless_null<pg::read_text>(m); },
        takes_null},
    pg::Field<Routing>{"maxCostPerRequest",
                       [](Routing& r, const Member& m) {
                           r.max_cost_per_request = unless_null<pg::read_number>(m);
                       },
                       takes_null},
};

constexpr std::array security{
    pg::Field<Security>{
        "scanPrompts",
        [](Security& s, const Member& m) { s.scan_prompts = unless_null<read_boolean>(m); },
        takes_null},
    pg::Field<Security>{
        "scanOutputs",
        [](Security& s, const Member& m) { s.scan_outputs = unless_null<read_boolean>(m); },
        takes_null},
    pg::Field<Security>{
        "redactSecrets",
        [](Security& s, const Member& m) { s.redact_secrets = unless_null<read_boolean>(m); },
        takes_null},
    pg::Field<Security>{
        "blockedKeywords",
        [](Security& s, const Member& m) { s.blocked_keywords = unless_null<pg::read_texts>(m); },
        takes_null},
};

constexpr std::array features{
    pg::Field<Features>{
        "enableCrossCheck",
        [](Features& f, const Member& m) { f.enable_cross_check = unless_null<read_boolean>(m); },
        takes_null},
    pg::Field<Features>{
        "enableAutoEscalate",
        [](Features& f, const Member& m) { f.enable_auto_escalate = unless_null<read_boolean>(m); },
        takes_null},
    pg::Field<Features>{
        "enableCache",
        [](Features& f, const Member& m) { f.enable_cache = unless_null<read_boolean>(m); },
        takes_null},
};

template <typename Section>
void read_section(std::span<const pg::Field<Section>> fields, Section& section,
                  const Member& member) {
    pg::expect_kind(member, Kind::object);
    try {
        pg::read_object<Section>(member.key, fields, section, member.value);
    } catch (const Error& error) {
        throw error.within(member.key);
    }
}

constexpr std::array sections{
    pg::Field<ProjectSettings>{"routing",
                               [](ProjectSettings& settings, const Member& member) {
                                   read_section<Routing>(routing, settings.routing, member);
                               }},
    pg::Field<ProjectSettings>{"security",
                               [](ProjectSettings& settings, const Member& member) {
                                   read_section<Security>(security, settings.security, member);
                               }},
    pg::Field<ProjectSettings>{"features",
                               [](ProjectSettings& settings, const Member& member) {
                                   read_section<Features>(features, settings.features, member);
                               }},
};

}  // namespace

void read_settings(ProjectSettings& settings, const pg::Json& json) {
    if (pg::toasted_size(json.datum) > largest_settings) {
        throw Error(Code::too_large, "settings are larger than 256 kB");
    }
    pg::read_object<ProjectSettings>("settings", sections, settings, pg::JsonValue::of(json));
}

}  // namespace ideamine::access
