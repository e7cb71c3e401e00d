#include "access/role.hpp"

#include <gtest/gtest.h>

#include <array>

#include "ideamine/error.hpp"

namespace ideamine::access {
namespace {

constexpr std::array roles{Role::viewer, Role::developer, Role::admin, Role::owner};

TEST(Role, IsReadAsItIsSpelled) {
    for (const auto role : roles) {
        EXPECT_EQ(parse_role(to_string(role)), role);
    }
    EXPECT_STREQ(to_string(Role::viewer), "viewer");
    EXPECT_STREQ(to_string(Role::owner), "owner");
}

TEST(Role, IsOneOfFour) {
    for (const auto* text : {"", "Viewer", "superuser", "owner ", "view", "0"}) {
        EXPECT_THROW(parse_role(text), Error) << text;
    }
}

TEST(Role, HasThoseBeforeIt) {
    for (std::size_t i = 0; i < roles.size(); ++i) {
        for (std::size_t j = 0; j < roles.size(); ++j) {
            EXPECT_EQ(is_at_least(roles.at(i), roles.at(j)), i >= j);
        }
    }
}

}  // namespace
}  // namespace ideamine::access
