// What dispatch is told of a job that runs.
#pragma once

#include "dispatch/leases_shared.hpp"
#include "jobs/released_store.hpp"

namespace ideamine::jobs {

// By which a run's jobs are known among others; 0 is for those without.
inline std::uint32_t hash_of_run(const Uuid& run) {
    const std::uint64_t hash = std::hash<Uuid>{}(run);
    return std::max(static_cast<std::uint32_t>(hash ^ hash >> 32), std::uint32_t{1});
}

// A few more or less make no difference any more.
inline std::uint8_t told_preemptions(std::int32_t preemptions) {
    return static_cast<std::uint8_t>(std::clamp(preemptions, 0, 255));
}

// What it holds, in the order of quota::leasable, and the run that it is part of.
inline void tell_demand(dispatch::Leased& leased, const quota::LeaseDemand& demand) {
    static_assert(quota::leasable.size() == dispatch::max_resources);
    std::ranges::transform(quota::leasable, leased.holds.begin(),
                           [&](auto resource) { return demand.needs[resource]; });
    leased.run = demand.run ? hash_of_run(*demand.run) : 0;
}

}  // namespace ideamine::jobs
