#include "idempotency/idempotency_settings.hpp"

#include "ideamine/pg/settings.hpp"

namespace ideamine::idempotency {

namespace {

constinit int minutes_to_live = 0;

}  // namespace

void define_settings() {
    pg::define(pg::IntSetting{
        .name = "ideamine.idempotency_ttl",
        .description = "How long an idempotency key stands for the job that was created with it.",
        .variable = &minutes_to_live,
        .initial = 24 * 60,
        .least = 1,
        .most = 3650 * 24 * 60,
        .unit = pg::Unit::minutes,
    });
}

Duration time_to_live() {
    return std::chrono::minutes{minutes_to_live};
}

}  // namespace ideamine::idempotency
