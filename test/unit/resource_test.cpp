#include "quota/resource.hpp"

#include <gtest/gtest.h>

#include <string>

#include "ideamine/error.hpp"

namespace ideamine::quota {
namespace {

Code code_of(std::string_view name) {
    try {
        parse_resource(name);
    } catch (const Error& error) {
        return error.code();
    }
    throw std::logic_error("it was accepted: " + std::string{name});
}

TEST(Resource, NamesAreThoseOfTheSqlType) {
    EXPECT_EQ(to_string(Resource::cpu), "cpu");
    EXPECT_EQ(to_string(Resource::memory), "memory");
    EXPECT_EQ(to_string(Resource::storage), "storage");
    EXPECT_EQ(to_string(Resource::tokens), "tokens");
    EXPECT_EQ(to_string(Resource::cost), "cost");
    EXPECT_EQ(to_string(Resource::gpu), "gpu");
    EXPECT_EQ(to_string(Resource::concurrent_runs), "concurrent_runs");
}

TEST(Resource, EachIsFoundByItsNameAndStandsAtItsIndex) {
    for (std::size_t i = 0; i < resource_count; ++i) {
        EXPECT_EQ(parse_resource(to_string(resources[i])), resources[i]);
        EXPECT_EQ(index_of(resources[i]), static_cast<int>(i));
    }
}

TEST(Resource, AnythingElseIsRefused) {
    for (const auto* name : {"", "CPU", "cpu ", " cpu", "cp", "cpus", "gpus", "runs", "cpu\n"}) {
        EXPECT_EQ(code_of(name), Code::invalid_argument) << name;
    }
    EXPECT_EQ(code_of(std::string_view("cpu\0", 4)), Code::invalid_argument);
}

TEST(Resource, ARefusalNamesAllThereAre) {
    try {
        parse_resource("time");
        FAIL();
    } catch (const Error& error) {
        for (const auto resource : resources) {
            EXPECT_NE(error.hint().find(to_string(resource)), std::string::npos);
        }
    }
}

TEST(Resource, OnlyTokensAndCostAreConsumed) {
    for (const auto resource : resources) {
        EXPECT_EQ(is_gauge(resource), resource != Resource::tokens && resource != Resource::cost);
    }
}

// Milli-cores, bytes of 10^9, nano-dollars.
TEST(Resource, UnitsAreAsSmallAsTheyArePromised) {
    EXPECT_EQ(decimal_digits(Resource::cpu), 3);
    EXPECT_EQ(decimal_digits(Resource::memory), 9);
    EXPECT_EQ(decimal_digits(Resource::storage), 9);
    EXPECT_EQ(decimal_digits(Resource::tokens), 0);
    EXPECT_EQ(decimal_digits(Resource::cost), 9);
    EXPECT_EQ(decimal_digits(Resource::gpu), 0);
    EXPECT_EQ(decimal_digits(Resource::concurrent_runs), 0);
}

}  // namespace
}  // namespace ideamine::quota
