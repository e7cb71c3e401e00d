// Reading options that callers pass as a jsonb object, by a table of their keys.
#pragma once

#include "ideamine/pg/json.hpp"

namespace ideamine::pg {

template <typename Target>
struct Field {
    std::string_view key;
    void (*read)(Target&, const JsonMember&);
    bool takes_null = false;  // for any other, null means "not given"
};

// Each throws ID400, naming the key, for a value of another kind.
std::string read_text(const JsonMember& member);
int read_integer(const JsonMember& member);
double read_number(const JsonMember& member);
Duration read_duration(const JsonMember& member);
Uuid read_uuid(const JsonMember& member);
std::vector<std::string> read_texts(const JsonMember& member);
std::vector<Uuid> read_uuids(const JsonMember& member);

void expect_kind(const JsonMember& member, JsonValue::Kind kind);
void expect_object(std::string_view what, const JsonValue& value);
// Throws ID400 with a list of the known keys.
[[noreturn]] void refuse_key(std::string_view key, const std::string& known);

// False if the key is not in the table.
template <typename Target>
bool read_field(std::span<const Field<Target>> fields, Target& target, const JsonMember& member) {
    const auto field = std::ranges::find(fields, member.key, &Field<Target>::key);
    if (field == fields.end()) {
        return false;
    }
    if (!member.value.is_null() || field->takes_null) {
        field->read(target, member);
    }
    return true;
}

template <typename Target>
std::string list_keys(std::span<const Field<Target>> fields) {
    std::string list;
    for (const auto& field : fields) {
        list += (list.empty() ? "" : ", ") + std::string{field.key};
    }
    return list;
}

// Throws ID400 for anything but an object of these keys.
template <typename Target>
void read_object(std::string_view what, std::span<const Field<Target>> fields, Target& target,
                 const JsonValue& value) {
    expect_object(what, value);
    for (const auto& member : value.members()) {
        if (!read_field(fields, target, member)) {
            refuse_key(member.key, list_keys(fields));
        }
    }
}

}  // namespace ideamine::pg
