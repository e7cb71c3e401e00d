#include "dispatch/leases.hpp"
#include "dispatch/leases_shared.hpp"

namespace ideamine::dispatch::shared {

namespace {

// The nodes of those that are known here, each once. They stay where they are.
std::vector<Offset> find_nodes(Slot& slot, const std::vector<std::string>& tenants) {
    std::vector<std::uint32_t> hashes(tenants.size());
    std::ranges::transform(tenants, hashes.begin(), hash_of);
    std::vector<Offset> nodes;
    nodes.reserve(tenants.size());
    {
        const PlaneLock lock{slot};
        for (std::size_t i = 0; i < tenants.size(); ++i) {
            if (const auto node = lock.plane().find_tenant(tenants[i], hashes[i]); node != 0) {
                nodes.push_back(node);
            }
        }
    }
    std::ranges::sort(nodes);
    const auto rest = std::ranges::unique(nodes);
    nodes.erase(rest.begin(), rest.end());
    return nodes;
}

// What there may be to find is asked for before there is room for it. Returns whether all leases
// are here.
bool list_yielding(Slot& slot, const YieldingQuery& asked, std::vector<Yielder>& found) {
    constexpr std::size_t usual = 256;
    std::vector<Offset> lists;
    lists.reserve(most_lists(asked));
    for (auto room = std::min(asked.most, usual);;) {
        found.reserve(room);
        const PlaneLock lock{slot};
        const auto size = std::min<std::size_t>(asked.most, slot.state.leased);
        if (size <= found.capacity()) {
            if (size > 0) {
                Leases{slot.state, memory()}.list_yielding(asked, lists, found);
            }
            return has_all_leases(slot);
        }
        room = size + size / 4;
    }
}

}  // namespace

YieldingJobs who_gives_way(const Yielding& asked) {
    auto& slot = *notes().use->get();
    std::vector<Offset> nodes;
    YieldingQuery query{.tenants = std::nullopt,
                        .below = asked.below,
                        .resource = asked.resource,
                        .most = asked.most};
    if (asked.tenants != nullptr) {
        nodes = find_nodes(slot, *asked.tenants);
        query.tenants = nodes;
    }
    std::vector<Yielder> found;
    const bool are_all_known = list_yielding(slot, query, found);
    YieldingJobs yielding{.jobs = {}, .are_all_known = are_all_known};
    yielding.jobs.reserve(found.size());
    for (const auto& [tenant, what] : found) {
        yielding.jobs.push_back(
            {.tenant = std::string{memory().at<Tenant>(tenant).id_view()}, .what = what});
    }
    return yielding;
}

}  // namespace ideamine::dispatch::shared
