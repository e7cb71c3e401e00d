#include "dispatch/heads_shared.hpp"

#include "dispatch/leases_shared.hpp"

namespace ideamine::dispatch::shared {

FirstInLine first_in_line(char mark, std::uint8_t lowest_class, const std::string* tenant) {
    constexpr std::size_t most = 4096;
    auto& slot = *notes().use->get();
    std::vector<Head> heads;
    heads.reserve(most);
    {
        const PlaneLock lock{slot};
        const auto node =
            tenant == nullptr ? 0 : lock.plane().find_tenant(*tenant, hash_of(*tenant));
        if (tenant == nullptr || node != 0) {
            lock.plane().list_heads({.mark = mark, .lowest_class = lowest_class, .tenant = node},
                                    heads);
        }
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
