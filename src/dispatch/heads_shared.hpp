// Who goes first among the jobs that may run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ideamine/uuid.hpp"

namespace ideamine::dispatch::shared {

struct FirstInLine {
    std::vector<std::string> tenants;
    std::vector<Uuid> jobs;
};

// The first few of each queue of the classes up to this one, in lanes whose names end with this
// mark, of this tenant or of all; up to some thousands. Of what stands in memory, to be loaded
// before.
FirstInLine first_in_line(char mark, std::uint8_t lowest_class,
                          const std::string* tenant = nullptr);

// How many leases stand in memory, if all do.
std::optional<std::size_t> known_leases();

}  // namespace ideamine::dispatch::shared
