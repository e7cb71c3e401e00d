// Running jobs that may be made to give way to a job of some class, and the fewest of them that
// free enough.
#pragma once

#include <vector>

#include "ideamine/pg/function.hpp"
#include "priority/legality.hpp"
#include "priority/victims.hpp"
#include "quota/needs.hpp"

namespace ideamine::priority {

struct Search {
    std::optional<std::vector<std::string>> tenants;  // none: all
    jobs::PriorityClass for_class;
    std::optional<quota::Resource> resource;  // that they hold something of; none: any, or nothing
    bool spares_nobody =
        false;  // those that gave way as often as they may fail, however that is set
};

// A job that runs.
struct Running {
    std::string tenant;
    Uuid job;
    std::optional<Uuid> run;
    std::optional<Time> checkpoint_at;
    Attempt attempt;
    quota::Needs needs;
    std::int64_t epoch;

    Time since() const { return std::max(attempt.started_at, checkpoint_at.value_or(Time::min())); }
};

// In the order in which they give way, up to so many. Inside a pg::Spi, as the owner.
std::vector<Running> candidates(const Search& search, std::size_t most, Time now);

// The same as rows of get_preemption_candidates().
void list_candidates(const Search& search, std::size_t most, pg::Returned& returned);

// The victims for so much of the search's resource, in the same form: none if all of them are not
// enough. The same.
void list_victims(const Search& search, Amount amount, pg::Returned& returned);

}  // namespace ideamine::priority
