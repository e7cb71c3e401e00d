// Assigning a class to a job that has not ended.
#pragma once

#include <optional>
#include <string>

#include "ideamine/uuid.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::priority {

struct Assignment {
    jobs::PriorityClass priority_class;
    std::optional<std::string> reason;
    bool overridable = true;  // false: from now on an administrator has to do it
};

// Returns the class that it had. Throws ID404 for an unknown job, ID409 for one that has ended,
// ID403 if its class may not be changed by the caller (`is_administrator`: it may). Inside a
// pg::Spi.
jobs::PriorityClass assign(const std::string& tenant, const Uuid& job, const Assignment& assignment,
                           bool is_administrator);

}  // namespace ideamine::priority
