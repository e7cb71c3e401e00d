// All clients at once, and those that watch.
#pragma once

#include "quota_storm/client.hpp"

namespace storm {

struct Options {
    std::string dsn;
    unsigned seed = 1;
    int clients = 32;
    int transactions = 30;  // of each client
    bool verify_only = false;
    std::string fault;  // what is set for clients as ideamine.fault; it may end their sessions
    bool until_gone = false;  // the server is going to be killed: that ends the storm, and no harm
};

// What was wrong; nothing if nothing was.
std::vector<std::string> run(const Options& options, Counts& counts);

// Compares all counters with their rows, once no client of any storm is left.
std::vector<std::string> verify(const Options& options);

}  // namespace storm
