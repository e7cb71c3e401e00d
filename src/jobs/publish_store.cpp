#include "jobs/publish_store.hpp"

#include "jobs/gate_store.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/ready_shared.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement find_weight{
    "SELECT $[1.2 weight$| 100$] FROM ideamine.tenants"
    " WHERE tenant_id = $1",
    pg::Statement::Kind::reads_latest};

std::uint32_t weight_of(std::string_view tenant) {
    const auto rows = find_weight.execute(tenant);
    return rows.empty() ? dispatch::usual_weight
                        : static_cast<std::uint32_t>(rows[0].get<std::int32_t>(0));
}

char initial_of(quota::Resource resource) {
    return to_string(resource).front();
}

}  // namespace

std::string lane_mark(bool is_counted, const quota::Needs& needs) {
    std::string mark;
    if (is_counted) {
        for (const auto resource : quota::leasable) {
            if (needs[resource] > 0) {
                mark += initial_of(resource);
            }
        }
        mark += counted_mark;
    }
    return mark;
}

bool lane_needs(std::string_view lane, quota::Resource resource) {
    return lane.substr(lane.rfind('}') + 1).find(initial_of(resource)) != std::string_view::npos;
}

void look_up_weights() {
    dispatch::shared::find_weights_by(weight_of);
}

std::optional<dispatch::shared::Ready> read_ready(const pg::Row& row, int first) {
    const auto ready_at = row.optional<Time>(first + 5);
    if (!ready_at) {
        return std::nullopt;
    }
    const auto lane = row.get<std::string_view>(first + 4);
    return dispatch::shared::Ready{
        .tenant = row.get<std::string_view>(first + 1),
        .lane = lane,
        .priority_class =
            static_cast<std::uint8_t>(parse_priority_class(row.get<std::string>(first + 3))),
        .item = {.job = row.get<Uuid>(first + 2),
                 .ready_at = *ready_at,
                 .row = key_of(row.get<pg::Tid>(first)),
                 .special = row.get<bool>(first + 6) || lane.back() == counted_mark}};
}

std::int64_t publish_ready(const pg::Rows& rows, int first) {
    std::vector<dispatch::shared::Ready> ready;
    for (const pg::Row row : rows) {
        if (const auto job = read_ready(row, first)) {
            ready.push_back(*job);
        }
    }
    return publish_ready(std::move(ready));
}

std::int64_t publish_ready(std::vector<dispatch::shared::Ready> ready) {
    const auto count = static_cast<std::int64_t>(ready.size());
    dispatch::shared::publish(std::move(ready));
    shared::announce_ready(count);
    return count;
}

}  // namespace ideamine::jobs
