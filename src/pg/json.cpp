#include "ideamine/pg/json.hpp"

#include <cmath>

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

}  // namespace ideamine::pg
