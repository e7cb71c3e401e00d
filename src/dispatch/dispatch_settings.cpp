#include "dispatch/dispatch_settings.hpp"

#include "ideamine/pg/settings.hpp"

namespace ideamine::dispatch {

namespace {

constinit int memory_kilobytes = 0;

}  // namespace

void define_settings(bool preloading) {
    if (preloading) {
        pg::define(pg::IntSetting{
            .name = "ideamine.dispatch_memory",
            .description =
                "Shared memory for jobs that may run; a million of them take up to 64MB.",
            .variable = &memory_kilobytes,
            .initial = 64 * 1024,
            .least = 1024,
            .most = 16 * 1024 * 1024,
            .unit = pg::Unit::kilobytes,
            .changed = pg::Changed::by_restart,
        });
    }
}

std::size_t dispatch_memory() {
    return static_cast<std::size_t>(memory_kilobytes) * 1024;
}

}  // namespace ideamine::dispatch
