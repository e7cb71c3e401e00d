#include "quota/quota_settings.hpp"

#include <cmath>

#include "ideamine/pg/settings.hpp"

namespace ideamine::quota {

namespace {

constexpr int minutes_per_day = 24 * 60;

constinit int retention_minutes = 0;
constinit int tokens_daily = 0;
constinit double cost_daily = 0;

}  // namespace

void define_settings() {
    pg::define(pg::IntSetting{
        .name = "ideamine.usage_retention",
        .description = "How long details of usage, violations and events are kept; sums stay.",
        .variable = &retention_minutes,
        .initial = 30 * minutes_per_day,
        .least = 1,
        .most = 3650 * minutes_per_day,
        .unit = pg::Unit::minutes,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.default_quota_tokens_daily",
        .description = "Tokens per day of a user in a project who has no limits of his own.",
        .variable = &tokens_daily,
        .initial = 1'000'000,
        .least = 0,
        .most = std::numeric_limits<int>::max(),
        .changed = pg::Changed::by_reload,
    });
    pg::define(pg::RealSetting{
        .name = "ideamine.default_quota_cost_daily",
        .description = "USD per day of a user in a project who has no limits of his own.",
        .variable = &cost_daily,
        .initial = 10,
        .least = 0,
        .most = 1e9,
        .changed = pg::Changed::by_reload,
    });
}

Duration usage_retention() {
    return std::chrono::minutes{retention_minutes};
}

admission::Amount default_tokens_daily() {
    return tokens_daily;
}

admission::Amount default_cost_daily() {
    constexpr double nanos = 1e9;
    return std::llround(cost_daily * nanos);
}

}  // namespace ideamine::quota
