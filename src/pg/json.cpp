#include "ideamine/pg/json.hpp"

#include <cmath>

extern "C" {
#include "utils/fmgroids.h"
#include "utils/json.h"
}

namespace ideamine::pg {

namespace {

JsonbValue binary(JsonbContainer* container, int length) {
    JsonbValue value{};
    value.type = jbvBinary;
    value.val.binary.data = container;
    value.val.binary.len = length;
    return value;
}

}  // namespace

JsonValue JsonValue::of(Json jsonb) {
    return JsonValue{call([jsonb] {
        ::Jsonb* whole = DatumGetJsonbP(jsonb.datum);
        JsonbValue value{};
        if (!JB_ROOT_IS_SCALAR(whole) || !JsonbExtractScalar(&whole->root, &value)) {
            value = binary(&whole->root, VARSIZE_ANY_EXHDR(whole));
        }
        return value;
    })};
}

JsonValue::Kind JsonValue::kind() const {
    switch (value_.type) {
        case jbvNull:
            return Kind::null;
        case jbvString:
            return Kind::text;
        case jbvNumeric:
            return Kind::number;
        case jbvBool:
            return Kind::boolean;
        default:
            return JsonContainerIsArray(value_.val.binary.data) ? Kind::array : Kind::object;
    }
}

double JsonValue::number() const {
    return call([this] {
        return DatumGetFloat8(
            DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value_.val.numeric)));
    });
}

std::optional<std::int64_t> JsonValue::integer() const {
    // a double holds every integer up to 2^53, which is more than any of our options takes
    constexpr double largest = 9007199254740992.0;
    const double value = number();
    if (!(std::abs(value) <= largest) || value != std::trunc(value)) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(value);
}

std::size_t JsonValue::size() const {
    return JsonContainerSize(value_.val.binary.data);
}

std::vector<JsonValue> JsonValue::elements() const {
    std::vector<JsonValue> elements(size(), JsonValue{JsonbValue{}});
    call([this, &elements] {
        JsonbIterator* iterator = JsonbIteratorInit(value_.val.binary.data);
        JsonbValue value;
        std::size_t i = 0;
        for (auto token = JsonbIteratorNext(&iterator, &value, true); token != WJB_DONE;
             token = JsonbIteratorNext(&iterator, &value, true)) {
            if (token == WJB_ELEM) {
                elements[i++] = JsonValue{value};
            }
        }
    });
    return elements;
}

std::vector<JsonMember> JsonValue::members() const {
    std::vector<JsonMember> members(size(), JsonMember{{}, JsonValue{JsonbValue{}}});
    call([this, &members] {
        JsonbIterator* iterator = JsonbIteratorInit(value_.val.binary.data);
        JsonbValue value;
        std::size_t i = 0;
        for (auto token = JsonbIteratorNext(&iterator, &value, true); token != WJB_DONE;
             token = JsonbIteratorNext(&iterator, &value, true)) {
            if (token == WJB_KEY) {
                members[i].key = JsonValue{value}.text();
            } else if (token == WJB_VALUE) {
                members[i++].value = JsonValue{value};
            }
        }
    });
    return members;
}

Json JsonValue::make_object(const std::vector<JsonMember>& members) {
    return call([&members] {
        JsonbParseState* state = nullptr;
        pushJsonbValue(&state, WJB_BEGIN_OBJECT, nullptr);
        for (const auto& member : members) {
            JsonbValue key{};
            key.type = jbvString;
            key.val.string.val = const_cast<char*>(member.key.data());
            key.val.string.len = static_cast<int>(member.key.size());
            pushJsonbValue(&state, WJB_KEY, &key);
            JsonbValue value = member.value.value_;
            pushJsonbValue(&state, WJB_VALUE, &value);
        }
        return Json{
            JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, nullptr)))};
    });
}

Json JsonValue::to_jsonb() const {
    return call([this] {
        JsonbValue copy = value_;
        return Json{JsonbPGetDatum(JsonbValueToJsonb(&copy))};
    });
}

const char* describe(JsonValue::Kind kind) {
    switch (kind) {
        case JsonValue::Kind::null:
            return "null";
        case JsonValue::Kind::text:
            return "a string";
        case JsonValue::Kind::number:
            return "a number";
        case JsonValue::Kind::boolean:
            return "a boolean";
        case JsonValue::Kind::array:
            return "an array";
        case JsonValue::Kind::object:
            return "an object";
    }
    return "unknown";
}

namespace {

void append_scalar(StringInfo out, const JsonbValue& value) {
    switch (value.type) {
        case jbvNull:
            appendStringInfoString(out, "null");
            break;
        case jbvString:
            // with a terminator, which a jsonb does not have
            escape_json(out, pnstrdup(value.val.string.val, value.val.string.len));
            break;
        case jbvNumeric:
            appendStringInfoString(out, numeric_normalize(value.val.numeric));
            break;
        default:
            appendStringInfoString(out, value.val.boolean ? "true" : "false");
            break;
    }
}

// The members of a jsonb have an order of their own, by length and then by bytes. Nothing is to
// follow an opening bracket or a key but what it opens, so a comma stands before everything else.
void append_canonical(StringInfo out, JsonbContainer* container) {
    JsonbIterator* iterator = JsonbIteratorInit(container);
    JsonbValue value;
    bool first = true;
    const auto separate = [&] {
        if (!first) {
            appendStringInfoChar(out, ',');
        }
        first = false;
    };
    for (auto token = JsonbIteratorNext(&iterator, &value, false); token != WJB_DONE;
         token = JsonbIteratorNext(&iterator, &value, false)) {
        switch (token) {
            case WJB_BEGIN_ARRAY:
            case WJB_BEGIN_OBJECT:
                separate();
                appendStringInfoChar(out, token == WJB_BEGIN_ARRAY ? '[' : '{');
                first = true;
                break;
            case WJB_END_ARRAY:
            case WJB_END_OBJECT:
                appendStringInfoChar(out, token == WJB_END_ARRAY ? ']' : '}');
                first = false;
                break;
            case WJB_KEY:
                separate();
                append_scalar(out, value);
                appendStringInfoChar(out, ':');
                first = true;
                break;
            default:
                separate();
                append_scalar(out, value);
                break;
        }
    }
}

}  // namespace

std::string canonical_text(Json jsonb) {
    const auto text = call([jsonb] {
        StringInfoData out;
        initStringInfo(&out);
        ::Jsonb* whole = DatumGetJsonbP(jsonb.datum);
        JsonbValue scalar{};
        if (JB_ROOT_IS_SCALAR(whole) && JsonbExtractScalar(&whole->root, &scalar)) {
            append_scalar(&out, scalar);
        } else {
            append_canonical(&out, &whole->root);
        }
        return std::string_view{out.data, static_cast<std::size_t>(out.len)};
    });
    return std::string{text};
}

std::string canonical_text(const std::string& text) {
    const auto escaped = call([&text] {
        StringInfoData out;
        initStringInfo(&out);
        escape_json(&out, text.c_str());
        return std::string_view{out.data, static_cast<std::size_t>(out.len)};
    });
    return std::string{escaped};
}

namespace {

// The server's own input function; what it refuses becomes an error that says which value it was.
Datum read(std::string_view what, std::string_view text, PGFunction input, const char* kind) {
    const std::string terminated{text};
    try {
        return call([&] {
            return DirectFunctionCall3(input, CStringGetDatum(terminated.c_str()),
                                       ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
        });
    } catch (const Error& error) {
        const std::string reason = error.message();
        error.discard();
        throw ideamine::Error(Code::invalid_argument, std::string{what} + " is not " + kind,
                              reason + ".");
    }
}

}  // namespace

Time parse_time(std::string_view what, std::string_view text) {
    const Datum read_back = read(what, text, timestamptz_in, "a time");
    if (TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(read_back))) {
        throw ideamine::Error(Code::invalid_argument, std::string{what} + " must be finite");
    }
    return Type<Time>::get(read_back);
}

Duration parse_duration(std::string_view what, std::string_view text) {
    return to_duration(what, *DatumGetIntervalP(read(what, text, interval_in, "an interval")));
}

std::string array_literal(const std::vector<std::string>& elements) {
    return call([&elements] {
        Oid output = InvalidOid;
        bool is_varlena = false;
        getTypeOutputInfo(TEXTARRAYOID, &output, &is_varlena);
        return static_cast<const char*>(
            OidOutputFunctionCall(output, Type<std::vector<std::string>>::put(elements)));
    });
}

std::vector<std::string> parse_array(const std::string& literal) {
    const auto array = call([&literal] {
        return OidInputFunctionCall(F_ARRAY_IN, const_cast<char*>(literal.c_str()), TEXTOID, -1);
    });
    return Type<std::vector<std::string>>::get(array);
}

}  // namespace ideamine::pg
