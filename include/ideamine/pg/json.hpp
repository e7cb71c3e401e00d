// Reading a jsonb value where it lies: without turning it into text, and without losing a digit.
#pragma once

#include "ideamine/pg/numeric.hpp"

namespace ideamine::pg {

struct JsonMember;

// A view: valid as long as the jsonb that it was taken from.
class JsonValue {
  public:
    enum class Kind { null, text, number, boolean, array, object };

    static JsonValue of(Json jsonb);
    explicit JsonValue(const JsonbValue& value) : value_(value) {}

    Kind kind() const;
    bool is_null() const { return kind() == Kind::null; }
    // Each is for a value of its kind only.
    std::string_view text() const {
        return {value_.val.string.val, static_cast<std::size_t>(value_.val.string.len)};
    }
    bool boolean() const { return value_.val.boolean; }
    double number() const;
    Decimal decimal() const { return {NumericGetDatum(value_.val.numeric)}; }
    // None if it has a fraction or does not fit.
    std::optional<std::int64_t> integer() const;
    std::vector<JsonValue> elements() const;
    std::vector<JsonMember> members() const;
    // How many elements or members.
    std::size_t size() const;

    // An object of these members, in the current memory context.
    static Json make_object(const std::vector<JsonMember>& members);
    // The value as a jsonb of its own, in the current memory context.
    Json to_jsonb() const;

  private:
    JsonbValue value_;
};

struct JsonMember {
    std::string_view key;
    JsonValue value;
};

// "a string", "an object", …: for messages.
const char* describe(JsonValue::Kind kind);

// One text for one value: members in one order, numbers without what does not change them (1.0, 1e0
// and 1 are the same), no white space. A hash of it does not depend on how the value was written.
std::string canonical_text(Json jsonb);
std::string canonical_text(const std::string& text);

// As the server reads them: '2026-01-31 12:00+00', 'tomorrow'; '90 seconds', 'PT90S'. Throw ID400,
// naming `what`, if the text is malformed or stands for infinity.
Time parse_time(std::string_view what, std::string_view text);
Duration parse_duration(std::string_view what, std::string_view text);

// '{a,"b c"}': an array as the server writes it, for a cast back in a statement.
std::string array_literal(const std::vector<std::string>& elements);
// And back.
std::vector<std::string> parse_array(const std::string& literal);

}  // namespace ideamine::pg
