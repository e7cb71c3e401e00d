#include "access/project.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "ideamine/error.hpp"

namespace ideamine::access {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

ProjectSettings layers(std::optional<std::string> initial, std::optional<std::string> highest) {
    ProjectSettings settings;
    settings.routing.default_layer = std::move(initial);
    settings.routing.max_layer = std::move(highest);
    return settings;
}

ProjectSettings cost(double usd) {
    ProjectSettings settings;
    settings.routing.max_cost_per_request = usd;
    return settings;
}

ProjectSettings keywords(std::vector<std::string> keywords) {
    ProjectSettings settings;
    settings.security.blocked_keywords = std::move(keywords);
    return settings;
}

auto refused(Code code, const char* what) {
    return Throws<Error>(
        AllOf(Property(&Error::code, code), Property(&Error::message, HasSubstr(what))));
}

TEST(ProjectSettings, OfWhichNothingIsChosenAreValid) {
    EXPECT_NO_THROW(check({}));
}

TEST(ProjectSettings, HaveTheLayersL0ToL3) {
    for (const auto* layer : {"L0", "L1", "L2", "L3"}) {
        EXPECT_NO_THROW(check(layers("L0", layer)));
        EXPECT_NO_THROW(check(layers(layer, "L3")));
    }
    for (const auto* layer : {"", "L", "L4", "l0", "L01", "0", " L0", "L-1"}) {
        EXPECT_THAT([&] { check(layers("L0", layer)); },
                    refused(Code::invalid_argument, "maxLayer is not a layer"));
        EXPECT_THAT([&] { check(layers(layer, "L3")); },
                    refused(Code::invalid_argument, "defaultLayer is not a layer"));
    }
}

TEST(ProjectSettings, BeginNoHigherThanTheyEnd) {
    EXPECT_NO_THROW(check(layers("L2", "L2")));
    EXPECT_THAT([] { check(layers("L2", "L1")); },
                refused(Code::invalid_argument, "defaultLayer L2 is above routing.maxLayer L1"));
}

TEST(ProjectSettings, CompareWithTheDefaultOfWhatIsNotChosen) {
    EXPECT_NO_THROW(check(layers("L2", std::nullopt)));
    EXPECT_THAT([] { check(layers("L3", std::nullopt)); },
                refused(Code::invalid_argument, "above routing.maxLayer L2"));
    EXPECT_NO_THROW(check(layers(std::nullopt, "L0")));
}

TEST(ProjectSettings, CostNoLessThanNothing) {
    EXPECT_NO_THROW(check(cost(0)));
    EXPECT_NO_THROW(check(cost(1e9)));
    for (const double usd : {-0.01, 1e9 + 1, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
        EXPECT_THAT([&] { check(cost(usd)); },
                    refused(Code::invalid_argument, "maxCostPerRequest"));
    }
}

TEST(ProjectSettings, BlockSoManyKeywordsOfSoManyBytes) {
    EXPECT_NO_THROW(check(keywords(std::vector<std::string>(1000, std::string(200, 'x')))));
    EXPECT_THAT([] { check(keywords(std::vector<std::string>(1001, "x"))); },
                refused(Code::too_large, "1000"));
    for (const auto& keyword : {std::string{}, std::string(201, 'x'), std::string{"a\nb"}}) {
        EXPECT_THAT(
            [&] {
                check(keywords({"fine", keyword}));
            },
            refused(Code::invalid_argument, "blockedKeywords"));
    }
}

TEST(ProjectSettings, AreShownWithTheDefaultsThatAreChecked) {
    const std::string shown = default_project_settings;
    EXPECT_THAT(shown, HasSubstr("\"defaultLayer\": \"" + std::string{initial_default_layer}));
    EXPECT_THAT(shown, HasSubstr("\"maxLayer\": \"" + std::string{initial_max_layer}));
}

}  // namespace
}  // namespace ideamine::access
