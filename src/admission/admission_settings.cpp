#include "admission/admission_settings.hpp"

#include "ideamine/pg/settings.hpp"

namespace ideamine::admission {

namespace {

constinit int memory_kilobytes = 0;
constinit int load_timeout_milliseconds = 0;

}  // namespace

void define_settings(bool preloading) {
    if (preloading) {
        pg::define(pg::IntSetting{
            .name = "ideamine.counter_memory",
            .description =
                "Shared memory for the counters of quotas; 100,000 tenants take about 128MB.",
            .variable = &memory_kilobytes,
            .initial = 64 * 1024,
            .least = 1024,
            .most = 16 * 1024 * 1024,
            .unit = pg::Unit::kilobytes,
            .changed = pg::Changed::by_restart,
        });
    }
    pg::define(pg::IntSetting{
        .name = "ideamine.counter_load_timeout",
        .description = "How long a call waits for counters that are being loaded from tables.",
        .variable = &load_timeout_milliseconds,
        .initial = 10'000,
        .least = 10,
        .most = 3'600'000,
        .unit = pg::Unit::milliseconds,
    });
}

std::size_t counter_memory() {
    return static_cast<std::size_t>(memory_kilobytes) * 1024;
}

Duration counter_load_timeout() {
    return std::chrono::milliseconds{load_timeout_milliseconds};
}

}  // namespace ideamine::admission
