// Running jobs that may be made to give way to a job of some class, and the fewest of them that
// free enough.
#pragma once

#include <vector>

#include "ideamine/pg/function.hpp"
#include "priority/legality.hpp"
#include "priority/victims.hpp"
#include "quota/resource.hpp"

namespace ideamine::priority {

struct Search {
    std::optional<std::vector<std::string>> tenants;  // none: all
    jobs::PriorityClass for_class;
    std::optional<quota::Resource> resource;  // that they hold something of; none: any, or nothing
};

// In the order in which they give way, up to so many, as rows of get_preemption_candidates().
// Inside a pg::Spi, as the owner.
void list_candidates(const Search& search, std::size_t most, pg::Returned& returned);

// The victims for so much of the search's resource, in the same form: none if all of them are not
// enough. The same.
void list_victims(const Search& search, Amount amount, pg::Returned& returned);

}  // namespace ideamine::priority
