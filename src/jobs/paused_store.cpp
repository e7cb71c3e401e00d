#include "jobs/paused_store.hpp"

#include <unordered_map>

#include "ideamine/pg/watched_table.hpp"

namespace ideamine::jobs {

namespace {

using Queues = std::set<std::string, std::less<>>;

constinit pg::WatchedTable paused_queues{"paused_queues", "paused_queues_pkey"};

struct Known {
    bool any = false;  // of all tenants: mostly no queue is paused, and none has to be looked for
    std::unordered_map<std::string, Queues> tenants;  // whose jobs were handed out here lately
};

Known& known() {
    static auto* const known = new Known;
    return *known;
}

}  // namespace

const Queues& paused_queues_of(const std::string& tenant) {
    constexpr std::size_t most_known = 50'000;  // about 10 MB
    static const auto* const none = new Queues;
    auto& [any, tenants] = known();
    pg::hear_of_changes();
    if (paused_queues.has_changed()) {
        tenants.clear();
        any = true;  // also if finding out fails
        any = !paused_queues.is_empty();
    }
    if (!any) {
        return *none;
    }
    if (tenants.size() >= most_known) {
        tenants.clear();
    }
    auto found = tenants.find(tenant);
    if (found == tenants.end()) {
        const auto queues = paused_queues.read(tenant);
        found = tenants.emplace(tenant, Queues{queues.begin(), queues.end()}).first;
    }
    return found->second;
}

}  // namespace ideamine::jobs
