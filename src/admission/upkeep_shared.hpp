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

// Counters of a kind of scope of which committed transactions have recorded so much in the present
// window that Limits::report_at is reached, as far as their rules are known.
struct Reached {
    std::string id;
    int resource;
};
std::vector<Reached> list_reached(char kind);

}  // namespace ideamine::admission::shared
