#include "dispatch/heads_shared.hpp"

#include "dispatch/leases_shared.hpp"

namespace ideamine::dispatch::shared {

FirstInLine first_in_line(char mark, std::uint8_t lowest_class) {
    constexpr std::size_t most = 4096;
    auto& slot = *notes().use->get();
    std::vector<Head> heads;
    heads.reserve(most);
    {
        const PlaneLock lock{slot};
        lock.plane().list_heads(mark, lowest_class, heads);
    }
    FirstInLine first;
    for (const auto& head : heads) {
        // the node of a tenant stays where it is
        first.tenants.emplace_back(memory().at<Tenant>(head.tenant).id_view());
        first.jobs.push_back(head.item.job);
    }
    return first;
}

std::optional<std::size_t> known_leases() {
    const auto here = contents(*notes().use->get());
    return here.has_all_leases ? std::optional<std::size_t>{here.leases} : std::nullopt;
}

}  // namespace ideamine::dispatch::shared
