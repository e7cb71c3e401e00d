#include "workers/beats_shared.hpp"

#include "ideamine/pg/datum.hpp"
#include "ideamine/pg/extension.hpp"
#include "ideamine/pg/installation.hpp"
#include "ideamine/pg/shared_state.hpp"
#include "workers/beats.hpp"
#include "workers/workers_settings.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace ideamine::workers::shared {

namespace {

constinit pg::Shared<Beats> table{"ideamine heartbeats"};

// A standby hears of workers by their rows alone, and the statements of an older catalogue ask
// these.
bool is_used() {
    return table.available() && !RecoveryInProgress() && pg::installed_version() >= Version{1, 2};
}

WorkerKey key_of(const Uuid& worker) {
    const auto [database, schema] = pg::current_installation();
    return {.installation = std::uint64_t{database} << 32 | schema, .worker = worker};
}

// Calls `with` under the lock.
template <typename With>
auto use(const Uuid& worker, With with) {
    const auto key = key_of(worker);
    const auto now = pg::now();
    const pg::LockGuard guard{table.lock()};
    auto& beats = table.get();
    beats.begin(now);
    return with(beats, key, now);
}

}  // namespace

void reserve_beats() {
    table.reserve();
}

bool note_beat(const Uuid& worker, Time written) {
    return is_used() && use(worker, [&](Beats& beats, const WorkerKey& key, Time now) {
               return beats.note(key, written, now);
           });
}

bool extend_beat(const Uuid& worker, Time written) {
    return is_used() && use(worker, [&](Beats& beats, const WorkerKey& key, Time now) {
               return beats.extend(key, written, now);
           });
}

Time latest_beat(const Uuid& worker, Time written) {
    if (!is_used()) {
        return written;
    }
    return use(worker, [&](const Beats& beats, const WorkerKey& key, Time) {
        return beats.latest(key, written);
    });
}

Time latest_possible_beat(const Uuid& worker, Time written) {
    if (!is_used()) {
        return written;
    }
    const auto lag = longest_unwritten();
    return use(worker, [&](const Beats& beats, const WorkerKey& key, Time) {
        return beats.latest_possible(key, written, lag);
    });
}

std::optional<Time> give_up_if_silent(const Uuid& worker, Time written, Time before) {
    if (!is_used()) {
        return written;
    }
    const auto lag = longest_unwritten();
    return use(worker, [&](Beats& beats, const WorkerKey& key, Time) -> std::optional<Time> {
        if (beats.latest_possible(key, written, lag) >= before) {
            return std::nullopt;
        }
        const auto latest = beats.latest(key, written);
        beats.forget(key);
        return latest;
    });
}

}  // namespace ideamine::workers::shared
