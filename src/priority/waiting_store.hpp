// Jobs of the two highest classes that wait at the heads of their queues, and may have others give
// way.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "ideamine/uuid.hpp"
#include "jobs/priority_class.hpp"
#include "quota/leases_store.hpp"

namespace ideamine::priority {

struct Waiting {
    std::string tenant;
    Uuid job;
    jobs::PriorityClass priority_class;
    quota::LeaseDemand demand;
    std::string requirements;  // of a worker, as an array literal
    std::optional<std::string> project;

    quota::Throttling throttling() const {
        return priority_class == jobs::PriorityClass::p0 ? quota::Throttling::ignored
                                                         : quota::Throttling::honoured;
    }
};

// That nothing keeps from running but what they need: the highest class first, within it who waits
// longest. A job for which others gave way a short time ago, and that nobody has claimed since, is
// not among them. A thousand at most. Inside a pg::Spi.
std::vector<Waiting> list_waiting(Time now);

// Why it would not be handed out though it had room: its class is closed, or its budgets have less
// left than it may cost; none: it would be. The same.
std::optional<std::string> why_not_handed_out(const Waiting& waiting, Time now);

// Locks its row; false if somebody else has, or it does not wait any more, or room is held for it
// by now. The same.
bool try_lock_waiting(const Waiting& waiting);

// Whether a worker could run it now, or when these jobs have given way. The same.
bool has_worker_for(const Waiting& waiting, const std::vector<Uuid>& giving_way);

}  // namespace ideamine::priority
