#include "jobs/publish_store.hpp"

#include "jobs/gate_store.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/ready_shared.hpp"

namespace ideamine::jobs {

void for_each_ready(const pg::Rows& rows, int first,
                    const std::function<void(const dispatch::shared::Ready&)>& with) {
    for (const pg::Row row : rows) {
        const auto ready_at = row.optional<Time>(first + 5);
        if (!ready_at) {
            continue;
        }
        // as long as the rows live
        const auto lane = row.get<std::string_view>(first + 4);
        with({.tenant = row.get<std::string_view>(first + 1),
              .lane = lane,
              .priority_class =
                  static_cast<std::uint8_t>(parse_priority_class(row.get<std::string>(first + 3))),
              .item = {.job = row.get<Uuid>(first + 2),
                       .ready_at = *ready_at,
                       .row = key_of(row.get<pg::Tid>(first)),
                       .special = row.get<bool>(first + 6) || lane.back() == counted_mark}});
    }
}

std::int64_t publish_ready(const pg::Rows& rows, int first) {
    std::vector<dispatch::shared::Ready> ready;
    for_each_ready(rows, first, [&](const auto& job) { ready.push_back(job); });
    const auto count = static_cast<std::int64_t>(ready.size());
    dispatch::shared::publish(std::move(ready));
    shared::announce_ready(count);
    return count;
}

}  // namespace ideamine::jobs
