#include "ideamine/identifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ideamine/error.hpp"

namespace ideamine {
namespace {

using testing::AllOf;
using testing::Property;
using testing::Throws;

auto refuses_with(const std::string& message, const std::string& detail) {
    return Throws<Error>(AllOf(Property(&Error::code, Code::invalid_argument),
                               Property(&Error::message, message),
                               Property(&Error::detail, detail)));
}

bool is_accepted(const std::string& value) {
    try {
        check_identifier("queue", value);
        return true;
    } catch (const Error&) {
        return false;
    }
}

TEST(Identifier, AcceptsWhatPeopleChooseAsNames) {
    for (const char* value :
         {"a", "default-tenant", "acme:eu/llm pipelines #7", "Zürich", "会社", "🙂", "\"'\\$%"}) {
        EXPECT_TRUE(is_accepted(value)) << value;
    }
}

TEST(Identifier, AcceptsOneToTwoHundredBytes) {
    EXPECT_TRUE(is_accepted(std::string(1, 'x')));
    EXPECT_TRUE(is_accepted(std::string(200, 'x')));
    EXPECT_FALSE(is_accepted(std::string(201, 'x')));
    EXPECT_FALSE(is_accepted(""));
}

TEST(Identifier, CountsBytesNotCharacters) {
    std::string value;
    for (int i = 0; i < 101; ++i) {
        value += "ü";
    }
    EXPECT_FALSE(is_accepted(value));
    value.resize(200);
    EXPECT_TRUE(is_accepted(value));
}

TEST(Identifier, RefusesEveryControlCharacterAnywhere) {
    std::vector<std::string> controls{"\x7F"};
    for (char byte = 0; byte < 0x20; ++byte) {
        controls.emplace_back(1, byte);
    }
    for (int second = 0x80; second < 0xA0; ++second) {
        controls.push_back(std::string("\xC2") + static_cast<char>(second));
    }
    for (const std::string& control : controls) {
        SCOPED_TRACE(testing::PrintToString(control));
        EXPECT_FALSE(is_accepted(control));
        EXPECT_FALSE(is_accepted(control + "x"));
        EXPECT_FALSE(is_accepted("x" + control + "x"));
        EXPECT_FALSE(is_accepted("x" + control));
    }
}

TEST(Identifier, AcceptsNeighboursOfControlCharacters) {
    EXPECT_TRUE(is_accepted(" "));
    EXPECT_TRUE(is_accepted("~"));
    EXPECT_TRUE(is_accepted("\xC2\xA0"));  // U+00A0, a space that does not break
    EXPECT_TRUE(is_accepted("\xC3\x80"));  // U+00C0, whose second byte looks like a control
}

TEST(Identifier, LooksNotBeyondTheEndOfTheValue) {
    const std::string text = "x\xC2\x85";
    check_identifier("queue", std::string_view(text).substr(0, 2));
}

TEST(Identifier, NamesTheArgumentAndWhatIsWrong) {
    EXPECT_THAT([] { check_identifier("tenant_id", ""); },
                refuses_with("tenant_id must not be empty", ""));
    EXPECT_THAT([] { check_identifier("queue", std::string(5000, 'x')); },
                refuses_with("queue is too long", "It has 5000 bytes; at most 200 are allowed."));
    EXPECT_THAT([] { check_identifier("job_type", "ab\nc"); },
                refuses_with("job_type must not contain control characters",
                             "The first one is at byte 3."));
}

}  // namespace
}  // namespace ideamine
