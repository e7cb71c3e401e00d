// Scheduled jobs and retries, when their time has come.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::jobs {

// Makes pending jobs runnable whose run_at has come, at most 10,000 of them, the longest due first.
// Those that another transaction is promoting are passed over. Returns how many. Inside a pg::Spi.
std::int64_t promote_scheduled(Time at);

}  // namespace ideamine::jobs
