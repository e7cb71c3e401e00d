// Looking at the counters in memory, and forgetting them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admission/ledger.hpp"

namespace ideamine::admission::shared {

// Forgets what is in memory, so that it is loaded anew: for whoever changed tables behind our back.
// What transactions in progress are at work on stays. Returns how many counters those were that
// went.
std::int64_t forget_all();

// All counters that are in memory.
struct Listed {
    char kind;
    std::string id;
    int resource;
    Time window_start;
    Usage usage;
    bool in_flux;  // somebody is at work on its account
};
std::vector<Listed> list();
// One of them again.
std::optional<Listed> look_again(const Listed& listed);

}  // namespace ideamine::admission::shared
