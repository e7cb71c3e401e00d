// Saving where a job may go on, while it runs.
#pragma once

#include "jobs/settle_store.hpp"

namespace ideamine::jobs {

// The attempt goes on. Stale or unknown: nothing was saved. Inside a pg::Spi.
Answer save_checkpoint(const LeaseRef& lease, const pg::Json& checkpoint);

}  // namespace ideamine::jobs
