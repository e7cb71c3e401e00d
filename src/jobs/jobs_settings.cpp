#include "jobs/jobs_settings.hpp"

#include "ideamine/pg/settings.hpp"

namespace ideamine::jobs {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int milliseconds_per_day = 24 * 60 * 60 * 1000;
constexpr int minutes_per_day = 24 * 60;

constinit int max_payload_size = 0;
constinit int max_batch_size = 0;
constinit int lease_duration = 0;
constinit int max_retries = 0;
constinit int retry_base = 0;
constinit double retry_factor = 0;
constinit int retry_cap = 0;
constinit int history_after_seconds = 0;
constinit int job_retention_minutes = 0;
constinit int dead_letter_retention_minutes = 0;
constinit int most_deviations_active = 0;
constinit int most_deviations_alive = 0;

void define_limits() {
    pg::define(pg::IntSetting{
        .name = "ideamine.max_payload_size",
        .description = "Largest payload, result or checkpoint of a job.",
        .variable = &max_payload_size,
        .initial = 1024,
        .least = 1,
        .most = 256 * 1024,
        .unit = pg::Unit::kilobytes,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.max_batch_size",
        .description = "Most jobs that one call may create or complete.",
        .variable = &max_batch_size,
        .initial = 100'000,
        .least = 1,
        .most = 1'000'000,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.lease_duration",
        .description = "Length of a lease where acquire_jobs() is not told otherwise.",
        .variable = &lease_duration,
        .initial = 60,
        .least = 1,
        .most = 24 * 60 * 60,
        .unit = pg::Unit::seconds,
    });
}

void define_retries() {
    pg::define(pg::IntSetting{
        .name = "ideamine.max_retries",
        .description = "How often a job is tried again before it goes to the dead letter queue.",
        .variable = &max_retries,
        .initial = RetryPolicy{}.max_retries,
        .least = 0,
        .most = 1000,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.retry_base",
        .description = "Delay before the first retry, and the range of its jitter.",
        .variable = &retry_base,
        .initial = 1000,
        .least = 0,
        .most = milliseconds_per_day,
        .unit = pg::Unit::milliseconds,
    });
    pg::define(pg::RealSetting{
        .name = "ideamine.retry_factor",
        .description = "By what the delay grows with each retry.",
        .variable = &retry_factor,
        .initial = RetryPolicy{}.factor,
        .least = 1,
        .most = 100,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.retry_cap",
        .description = "Longest delay before a retry.",
        .variable = &retry_cap,
        .initial = 60'000,
        .least = 0,
        .most = milliseconds_per_day,
        .unit = pg::Unit::milliseconds,
    });
}

void define_retention() {
    pg::define(pg::IntSetting{
        .name = "ideamine.history_after",
        .description = "How long after its end a job is moved to history.",
        .variable = &history_after_seconds,
        .initial = 10 * 60,
        .least = 0,
        .most = 3650 * 24 * 60 * 60,
        .unit = pg::Unit::seconds,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.job_retention",
        .description = "How long ended jobs and workers are kept.",
        .variable = &job_retention_minutes,
        .initial = 30 * minutes_per_day,
        .least = 1,
        .most = 3650 * minutes_per_day,
        .unit = pg::Unit::minutes,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.dead_letter_retention",
        .description = "How long dead letters are kept, and with them their jobs.",
        .variable = &dead_letter_retention_minutes,
        .initial = 30 * minutes_per_day,
        .least = 1,
        .most = 3650 * minutes_per_day,
        .unit = pg::Unit::minutes,
    });
}

void define_votes() {
    pg::define(pg::IntSetting{
        .name = "ideamine.deviations_to_degrade",
        .description = "How many votes in a row a worker is outvoted on until it is degraded.",
        .variable = &most_deviations_active,
        .initial = 3,
        .least = 1,
        .most = 1000,
    });
    pg::define(pg::IntSetting{
        .name = "ideamine.deviations_to_fail",
        .description = "How many votes in a row a worker is outvoted on until it is given up.",
        .variable = &most_deviations_alive,
        .initial = 6,
        .least = 1,
        .most = 1000,
    });
}

}  // namespace

void define_settings() {
    define_limits();
    define_retries();
    define_retention();
    define_votes();
}

void check_payload_size(const char* what, const pg::Json& value) {
    const auto bytes = pg::toasted_size(value.datum);
    const auto limit = static_cast<std::size_t>(max_payload_size) * 1024;
    if (bytes > limit) {
        throw Error(Code::too_large, std::string{what} + " is too large",
                    "It has " + std::to_string(bytes) + " bytes, and at most " +
                        std::to_string(limit) + " are allowed.",
                    "Keep large data elsewhere and pass a reference, or raise "
                    "ideamine.max_payload_size.");
    }
}

std::optional<pg::Json> read_payload(const pg::Arguments& arguments, int argument,
                                     const char* name) {
    const auto value = arguments.optional<pg::Json>(argument);
    if (value) {
        check_payload_size(name, *value);
    }
    return value;
}

void check_batch_size(std::size_t jobs) {
    if (jobs > static_cast<std::size_t>(max_batch_size)) {
        throw Error(Code::too_large, "too many jobs in one call",
                    "There are " + std::to_string(jobs) + ", and at most " +
                        std::to_string(max_batch_size) + " are allowed.",
                    "Split the call, or raise ideamine.max_batch_size.");
    }
}

RetryPolicy platform_retry_policy() {
    return {.base = milliseconds{retry_base},
            .factor = retry_factor,
            .cap = milliseconds{retry_cap},
            .max_retries = max_retries};
}

Duration default_lease() {
    return seconds{lease_duration};
}
Duration history_after() {
    return seconds{history_after_seconds};
}
Duration job_retention() {
    return minutes{job_retention_minutes};
}
Duration dead_letter_retention() {
    return minutes{dead_letter_retention_minutes};
}

std::int32_t deviations_to_degrade() {
    return most_deviations_active;
}
std::int32_t deviations_to_fail() {
    return most_deviations_alive;
}

}  // namespace ideamine::jobs
