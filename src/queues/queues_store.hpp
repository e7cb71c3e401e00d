// Pausing the queues of a tenant.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::queues {

// From its commit on nothing in the queue is handed out; what runs goes on. Returns how many jobs
// were paused: those that come later are when a worker meets them. Inside a pg::Spi.
std::int64_t pause(const std::string& tenant, const std::string& queue,
                   const std::optional<std::string>& reason);

// Its jobs are where they were. Returns how many. Inside a pg::Spi.
std::int64_t resume(const std::string& tenant, const std::string& queue);

}  // namespace ideamine::queues
