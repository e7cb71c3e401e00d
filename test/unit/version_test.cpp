#include "ideamine/version.hpp"

#include <gtest/gtest.h>

namespace ideamine {
namespace {

TEST(Version, IsTwoNumbersWithADot) {
    EXPECT_EQ(parse_version("1.0"), (Version{1, 0}));
    EXPECT_EQ(parse_version("12.34"), (Version{12, 34}));
    for (const auto* text :
         {"", "1", "1.", ".1", "1.0.0", "1.0 ", " 1.0", "-1.0", "1.-1", "a.b", "99999999999.0"}) {
        EXPECT_EQ(parse_version(text), std::nullopt) << text;
    }
}

TEST(Version, OrdersByNumberNotByText) {
    EXPECT_LT((Version{1, 9}), (Version{1, 10}));
    EXPECT_LT((Version{1, 10}), (Version{2, 0}));
}

TEST(VersionedStatement, SaysWhatItsVersionKnows) {
    const auto* statement = "SELECT a$[1.1 , b $| , NULL$] FROM t$[1.2  WHERE c$]";
    EXPECT_EQ(text_for({1, 0}, statement), "SELECT a , NULL FROM t");
    EXPECT_EQ(text_for({1, 1}, statement), "SELECT a , b  FROM t");
    EXPECT_EQ(text_for({1, 2}, statement), "SELECT a , b  FROM t  WHERE c");
}

TEST(VersionedStatement, IsLeftAloneWithoutChoices) {
    const auto* statement = "SELECT $1, '$'";
    EXPECT_FALSE(is_versioned(statement));
    EXPECT_EQ(text_for({1, 0}, statement), statement);
}

}  // namespace
}  // namespace ideamine
