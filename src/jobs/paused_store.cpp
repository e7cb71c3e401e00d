#include "jobs/paused_store.hpp"

#include <unordered_map>

#include "ideamine/pg/watched_table.hpp"

namespace ideamine::jobs {

namespace {

using Queues = std::set<std::string, std::less<>>;

constinit pg::WatchedTable paused_queues{"paused_queues", "paused_queues_pkey"};

// Of the tenants whose jobs this process has handed out lately.
std::unordered_map<std::string, Queues>& known() {
    static auto* const known = new std::unordered_map<std::string, Queues>;
    return *known;
}

}  // namespace

const Queues& paused_queues_of(const std::string& tenant) {
    constexpr std::size_t most_known = 10'000;
    pg::hear_of_changes();
    if (paused_queues.has_changed() || known().size() >= most_known) {
        known().clear();
    }
    auto found = known().find(tenant);
    if (found == known().end()) {
        const auto queues = paused_queues.read(tenant);
        found = known().emplace(tenant, Queues{queues.begin(), queues.end()}).first;
    }
    return found->second;
}

}  // namespace ideamine::jobs
