// Keys under which jobs are created: the same key gives the same job until it expires.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::idempotency {

// Takes these keys of a tenant, sorted and each once, for these jobs. Returns for each key the job
// that it stands for from now on: the one given here, or one that was created with it before. A
// caller that has taken the same key and not ended yet is waited for. Inside a pg::Spi.
std::vector<Uuid> take_keys(const std::string& tenant, const std::vector<std::string_view>& keys,
                            const std::vector<Uuid>& jobs);

// Counts that keys were met again, beyond the meeting that take_keys() counts itself.
void count_hits(const std::string& tenant, const std::vector<std::string_view>& keys,
                const std::vector<std::int64_t>& hits);

// Removes keys that expired before this time, at most 10,000. Returns how many.
std::int64_t purge_keys(Time before);

// Of one tenant: keys alive, hits on keys alive and gone, keys that expired.
struct Statistics {
    std::int64_t keys = 0;
    std::int64_t hits = 0;
    std::int64_t expired = 0;
};
Statistics statistics(const std::string& tenant);

}  // namespace ideamine::idempotency
