#include "budget/budget_settings.hpp"

#include "ideamine/pg/settings.hpp"

namespace ideamine::budget {

namespace {

constexpr int minutes_per_day = 24 * 60;

constinit int reservation_seconds = 0;
constinit int key_retention_minutes = 0;
constinit int retention_minutes = 0;

}  // namespace

void define_settings() {
    pg::define(pg::IntSetting{
        .name = "ideamine.reservation_ttl",
        .description = "How long money stays held that nobody settles or releases.",
        .variable = &reservation_seconds,
        .initial = 60 * 60,
        .least = 1,
        .most = 30 * minutes_per_day * 60,
        .unit = pg::Unit::seconds,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.cost_key_retention",
        .description = "How long an idempotency key of a cost is remembered.",
        .variable = &key_retention_minutes,
        .initial = 30 * minutes_per_day,
        .least = 1,
        .most = 3650 * minutes_per_day,
        .unit = pg::Unit::minutes,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.cost_retention",
        .description = "How long details of costs are kept; sums stay.",
        .variable = &retention_minutes,
        .initial = 90 * minutes_per_day,
        .least = 1,
        .most = 3650 * minutes_per_day,
        .unit = pg::Unit::minutes,
    });
}

Duration reservation_ttl() {
    return std::chrono::seconds{reservation_seconds};
}

Duration cost_key_retention() {
    return std::chrono::minutes{key_retention_minutes};
}

Duration cost_retention() {
    return std::chrono::minutes{retention_minutes};
}

}  // namespace ideamine::budget
