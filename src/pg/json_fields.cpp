#include "ideamine/pg/json_fields.hpp"

namespace ideamine::pg {

using Kind = JsonValue::Kind;

void expect_kind(const JsonMember& member, Kind kind) {
    if (member.value.kind() != kind) {
        throw ideamine::Error(Code::invalid_argument, std::string{member.key} + " must be " +
                                                          describe(kind) + ", not " +
                                                          describe(member.value.kind()));
    }
}

void expect_object(std::string_view what, const JsonValue& value) {
    if (value.kind() != Kind::object) {
        throw ideamine::Error(
            Code::invalid_argument,
            std::string{what} + " must be an object, not " + describe(value.kind()));
    }
}

void refuse_key(std::string_view key, const std::string& known) {
    throw ideamine::Error(Code::invalid_argument, "unknown key \"" + std::string{key} + "\"", {},
                          "Known keys are " + known + ".");
}

std::string read_text(const JsonMember& member) {
    expect_kind(member, Kind::text);
    return std::string{member.value.text()};
}

int read_integer(const JsonMember& member) {
    expect_kind(member, Kind::number);
    const auto value = member.value.integer();
    if (!value || *value < INT_MIN || *value > INT_MAX) {
        throw ideamine::Error(Code::invalid_argument,
                              std::string{member.key} + " must be a whole number within range");
    }
    return static_cast<int>(*value);
}

double read_number(const JsonMember& member) {
    expect_kind(member, Kind::number);
    return member.value.number();
}

Duration read_duration(const JsonMember& member) {
    expect_kind(member, Kind::text);
    return parse_duration(member.key, member.value.text());
}

namespace {

Uuid parse(const JsonMember& member, std::string_view text) {
    const auto value = parse_uuid(text);
    if (!value) {
        throw ideamine::Error(Code::invalid_argument, std::string{member.key} + " is not a uuid");
    }
    return *value;
}

}  // namespace

Uuid read_uuid(const JsonMember& member) {
    return parse(member, read_text(member));
}

std::vector<std::string> read_texts(const JsonMember& member) {
    expect_kind(member, Kind::array);
    std::vector<std::string> texts;
    for (const auto& element : member.value.elements()) {
        if (element.kind() != Kind::text) {
            throw ideamine::Error(Code::invalid_argument, std::string{member.key} +
                                                              " must hold strings only, not " +
                                                              describe(element.kind()));
        }
        texts.emplace_back(element.text());
    }
    return texts;
}

std::vector<Uuid> read_uuids(const JsonMember& member) {
    std::vector<Uuid> uuids;
    for (const auto& text : read_texts(member)) {
        uuids.push_back(parse(member, text));
    }
    return uuids;
}

}  // namespace ideamine::pg
