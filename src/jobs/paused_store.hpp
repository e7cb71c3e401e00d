// Which queues are paused, remembered by each session until somebody changes that.
#pragma once

#include <set>
#include <string>

namespace ideamine::jobs {

// As committed by now, and by the caller's transaction. Valid until the next call. Inside a
// transaction.
const std::set<std::string, std::less<>>& paused_queues_of(const std::string& tenant);

}  // namespace ideamine::jobs
