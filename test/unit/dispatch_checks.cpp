#include <algorithm>
#include <array>
#include <set>

#include "dispatch_world.hpp"

namespace ideamine::dispatch::world {

// ---- what has to hold --------------------------------------------------------------------------

void World::check() const {
    check_leases();
    check_giving_way();
    check_sizes();
    check_memory();
}

// Of which the table has jobs that go first.
std::uint8_t World::first_dry_class() const {
    std::uint8_t first = max_classes;
    for (const auto offset : queues_) {
        const auto& queue = pieces_.at<Queue>(offset);
        if (queue.has_spilled && queue.size == 0) {
            first = std::min(first, queue.priority_class);
        }
    }
    return first;
}

// What stands in a queue goes in its order, whatever has come when.
void World::check_place(const Item& item, Offset queue) const {
    for (const auto& chunk : chunks_of(pieces_.at<Queue>(queue))) {
        for (const auto left : chunk) {
            if (left < number_of(item.job)) {
                throw Violation("a job is taken before one that became ready earlier");
            }
        }
    }
}

// Nothing goes before what found no room. Of the jobs of one session those that became ready
// earlier were handed out.
void World::check_order(int job, std::uint8_t dry_class) const {
    const auto key = key_of(job);
    if (key.priority_class >= dry_class) {
        throw Violation("a job is taken before those that found no room");
    }
    if (is_disturbed_ || slot_.has_missed) {
        return;
    }
    for (int earlier = 0; earlier < job; ++earlier) {
        const auto other = key_of(earlier);
        const auto& row = this->row(earlier);
        if (other.tenant == key.tenant && other.priority_class == key.priority_class &&
            row.creator == this->row(job).creator && row.committed.status == Status::pending &&
            row.locked_by == nobody && !handed_out_[static_cast<std::size_t>(earlier)]) {
            throw Violation("a job is handed out before one that became ready earlier");
        }
    }
}

// A claim ends, whatever others have locked.
void World::check_circles(const Session& session) const {
    constexpr auto often = 4;
    for (int job = 0; job < jobs(); ++job) {
        const auto times = std::ranges::count_if(session.notes.taken, [job](const InHand& hand) {
            return number_of(hand.item.job) == job;
        });
        if (times >= often) {
            throw Violation("a claim takes the same job again and again");
        }
    }
}

void World::check_leases() const {
    if (leased_.size() != state_.leased) {
        throw Violation("the number of leases is not that of those that stand there");
    }
    for (int job = 0; slot_.has_all_leases && slot_.unlisted == 0 && job < jobs(); ++job) {
        const auto& now = row(job).committed;
        const Leased sought{
            .job = id_of(job), .worker = {}, .epoch = now.epoch, .row = 0, .transaction = 0};
        if (now.status == Status::running && std::ranges::count(leased_, sought) == 0) {
            throw Violation("a job runs without a lease");
        }
    }
}

// Each job that has a lease stands in the order of giving way, once.
void World::check_giving_way() const {
    std::set<Uuid> expected;
    std::ranges::transform(leased_, std::inserter(expected, expected.end()), &Leased::job);
    std::vector<Yielder> found;
    found.reserve(leased_.size());
    std::vector<Offset> lists;
    const YieldingQuery asked{.tenants = {}, .below = 0, .resource = -1, .most = leased_.size()};
    lists.reserve(most_lists(asked));
    if (state_.leases != 0) {
        leases().list_yielding(asked, lists, found);
    }
    if (found.size() != expected.size()) {
        throw Violation("jobs stand in the order of giving way that should not, or do not");
    }
    for (const auto& [tenant, what] : found) {
        if (expected.erase(what.job) == 0) {
            throw Violation("a job stands in the order of giving way that should not");
        }
    }
}

// The jobs of its chunks: those that came in order, and then the others as they stand in the heap.
std::vector<std::vector<int>> World::chunks_of(const Queue& queue) const {
    std::vector<std::vector<int>> chunks;
    const auto add = [&](const Chunk& chunk) {
        std::vector<int> jobs;
        for (auto i = chunk.begin; i < chunk.end; ++i) {
            jobs.push_back(number_of(chunk.items[i].job));
        }
        chunks.push_back(jobs);
    };
    for (auto offset = queue.first; offset != 0; offset = pieces_.at<Chunk>(offset).next) {
        add(pieces_.at<Chunk>(offset));
    }
    std::vector<Offset> late{queue.late};
    while (!late.empty()) {
        const auto offset = late.back();
        late.pop_back();
        if (offset != 0) {
            const auto& chunk = pieces_.at<Chunk>(offset);
            add(chunk);
            late.insert(late.end(), {chunk.next, chunk.child});
        }
    }
    return chunks;
}

void World::check_sizes() const {
    std::uint64_t size = 0;
    std::uint32_t spilled = 0;
    std::array<std::uint32_t, max_classes> placed{};
    std::array<std::uint32_t, max_classes> dry{};
    for (const auto offset : queues_) {
        const auto& queue = pieces_.at<Queue>(offset);
        std::size_t items = 0;
        for (const auto& chunk : chunks_of(queue)) {
            items += chunk.size();
        }
        if (items != queue.size || (items > 0) != (queue.place != 0)) {
            throw Violation("a queue is not as large as it says");
        }
        size += items;
        spilled += queue.has_spilled ? 1 : 0;
        placed.at(queue.priority_class) += queue.place != 0 ? 1 : 0;
        dry.at(queue.priority_class) += queue.has_spilled && items == 0 ? 1 : 0;
    }
    if (size != state_.size || spilled != state_.spilled) {
        throw Violation("the plane is not as large as it says");
    }
    for (std::size_t i = 0; state_.lanes != 0 && i < max_classes; ++i) {
        const auto& order = pieces_.at<Lane>(state_.lanes).orders.at(i);
        if (order.size != placed.at(i) || order.dry != dry.at(i)) {
            throw Violation("an order is not as large as it says");
        }
    }
}

// Every piece is where somebody can find it.
void World::check_memory() const {
    std::size_t pieces = state_.leased + (state_.leases != 0 ? 1 : 0);
    for (const auto offset : queues_) {
        pieces += 1 + chunks_of(pieces_.at<Queue>(offset)).size();
    }
    std::set<Offset> tenants;
    for (int job = 0; job < jobs(); ++job) {
        const auto key = key_of(job);
        const auto tenant = plane().find_tenant(key.tenant, key.hash);
        if (tenant == 0 || !tenants.insert(tenant).second) {
            continue;
        }
        ++pieces;
        for (auto group = pieces_.at<Tenant>(tenant).groups; group != 0;
             group = pieces_.at<Group>(group).next) {
            ++pieces;
        }
    }
    if (state_.lanes != 0) {
        const auto& orders = pieces_.at<Lane>(state_.lanes).orders;
        pieces += 1 + static_cast<std::size_t>(std::ranges::count_if(
                          orders, [](const Order& order) { return order.places != 0; }));
    }
    for (const auto& session : sessions_) {
        pieces += static_cast<std::size_t>(
            std::ranges::count_if(session.notes.published,
                                  [](const Published& published) { return published.chunk != 0; }));
    }
    if (pieces != pieces_.count()) {
        throw Violation("memory is lost");
    }
}

void World::drain() {
    auto& session = sessions_.front();
    for (std::size_t i = 0; i < rows_.size() + 2; ++i) {
        slot_.is_early = false;
        begin(session, {{Kind::acquire, 1}, {Kind::decide}});
        finish(session);
    }
    if (std::ranges::any_of(
            rows_, [](const Row& row) { return row.committed.status == Status::pending; })) {
        throw Violation("a job is never handed out");
    }
    check();
}

}  // namespace ideamine::dispatch::world
