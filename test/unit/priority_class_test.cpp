#include "jobs/priority_class.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ideamine/error.hpp"

namespace ideamine::jobs {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

bool is_accepted(const std::string& text) {
    try {
        parse_priority_class(text);
        return true;
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::invalid_argument);
        return false;
    }
}

TEST(PriorityClass, IsSpelledAsTheSqlTypeSpellsIt) {
    EXPECT_STREQ(to_string(PriorityClass::p0), "P0");
    EXPECT_STREQ(to_string(PriorityClass::p1), "P1");
    EXPECT_STREQ(to_string(PriorityClass::p2), "P2");
    EXPECT_STREQ(to_string(PriorityClass::p3), "P3");
}

TEST(PriorityClass, ListsAllClassesMostUrgentFirst) {
    EXPECT_EQ(priority_classes, (std::array{PriorityClass::p0, PriorityClass::p1, PriorityClass::p2,
                                            PriorityClass::p3}));
}

TEST(PriorityClass, ReadsBackWhatItWritesInEitherCase) {
    for (const PriorityClass priority_class : priority_classes) {
        std::string text = to_string(priority_class);
        EXPECT_EQ(parse_priority_class(text), priority_class);
        text[0] = 'p';
        EXPECT_EQ(parse_priority_class(text), priority_class);
    }
}

TEST(PriorityClass, ReadsTheNumbersOfOlderApplications) {
    EXPECT_EQ(parse_priority_class("5"), PriorityClass::p0);
    EXPECT_EQ(parse_priority_class("4"), PriorityClass::p1);
    EXPECT_EQ(parse_priority_class("3"), PriorityClass::p2);
    EXPECT_EQ(parse_priority_class("2"), PriorityClass::p2);
    EXPECT_EQ(parse_priority_class("1"), PriorityClass::p3);
}

TEST(PriorityClass, RefusesAnythingElse) {
    const std::string with_zero_byte("P0\0", 3);
    for (const std::string& text :
         {std::string(), std::string("0"), std::string("6"), std::string("P4"), std::string("P"),
          std::string("P-1"), std::string("P00"), std::string(" P0"), std::string("P0 "),
          std::string("Q0"), std::string("05"), std::string("5.0"), std::string("high"),
          with_zero_byte}) {
        EXPECT_FALSE(is_accepted(text)) << text;
    }
}

TEST(PriorityClass, OfAllTextsOfOneOrTwoBytesAcceptsThirteen) {
    int accepted = 0;
    for (int first = 0; first < 256; ++first) {
        accepted += is_accepted(std::string(1, static_cast<char>(first))) ? 1 : 0;
        for (int second = 0; second < 256; ++second) {
            const std::string text{static_cast<char>(first), static_cast<char>(second)};
            accepted += is_accepted(text) ? 1 : 0;
        }
    }
    EXPECT_EQ(accepted, 5 + 4 + 4);
}

TEST(PriorityClass, RefusalRepeatsTheTextAndSaysWhatToUse) {
    EXPECT_THAT([] { parse_priority_class("urgent"); },
                Throws<Error>(AllOf(Property(&Error::message, "invalid priority class: \"urgent\""),
                                    Property(&Error::hint, HasSubstr("P0, P1, P2 or P3")))));
}

TEST(PriorityClass, RefusalDoesNotRepeatALongText) {
    EXPECT_THAT([] { parse_priority_class(std::string(1'000'000, 'x')); },
                Throws<Error>(Property(&Error::message, "invalid priority class")));
}

}  // namespace
}  // namespace ideamine::jobs
