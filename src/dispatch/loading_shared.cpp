#include "dispatch/loading_shared.hpp"

#include <numeric>
#include <ranges>

#include "dispatch/dispatch_settings.hpp"
#include "dispatch/notes_shared.hpp"
#include "ideamine/pg/datum.hpp"

namespace ideamine::dispatch::shared {

namespace {

// Of the memory that is set aside, the rest being for queues and what is published meanwhile.
std::size_t most_items() {
    return dispatch_memory() / 2 / sizeof(Item);
}

bool is_due(const Slot& slot, Found found) {
    switch (slot.phase) {
        case Phase::unloaded:
            return true;
        case Phase::loading:
            return false;
        case Phase::loaded:
            break;
    }
    const bool leases_fit = !slot.has_all_leases && slot.state.leased < most_leases() / 2;
    const bool are_missing =
        slot.has_missed || leases_fit || (found != Found::enough && slot.state.spilled > 0);
    // Reading so many rows for each job takes about as long as handing it out.
    constexpr std::uint64_t rows_per_job = 32;
    const auto given = slot.state.turns - slot.turns_when_loaded;
    return are_missing &&
           (pg::now() >= slot.load_again_at || given * rows_per_job >= slot.rows_when_loaded ||
            (found == Found::nothing && given > 0));
}

bool needs_leases(Slot& slot) {
    const PlaneLock lock{slot};
    return !slot.has_all_leases;
}

void spill(Offset queue) {
    const PlaneLock lock{*notes().use->get()};
    lock.plane().spill(queue);
}

}  // namespace

bool Loading::begin(Found found) {
    auto& notes = shared::notes();
    auto& slot = *notes.use->get();
    Offset cleared = 0;
    {
        const PlaneLock lock{slot};
        if (!is_due(slot, found)) {
            return false;
        }
        slot.phase = Phase::loading;
        slot.has_missed = false;
        slot.has_lost_leases = false;
        slot.loading_since = pg::now();
        cleared = lock.plane().clear();
        notes.is_loading = true;
    }
    free_chunks(memory(), cleared);
    return true;
}

// As long as the plane is in use a queue stays where it is.
Offset Loading::known_queue_of(const Ready& ready) {
    key_.assign(ready.tenant);
    key_.push_back('\0');
    key_.push_back(static_cast<char>(ready.priority_class));
    key_.append(ready.lane);
    auto& queue = queues_[key_];
    return queue != 0 ? queue : queue = queue_of(ready);
}

Offset Loading::known_node_of(std::string_view tenant) {
    key_.assign(tenant);
    auto& node = tenants_[key_];
    return node != 0 ? node : node = tenant_node(tenant);
}

void Loading::add(std::string_view tenant, const Leased& leased) {
    leases_.push_back({known_node_of(tenant), leased});
}

void Loading::add(const Ready& ready) {
    ++rows_;
    const auto queue = known_queue_of(ready);
    if (queue == 0) {
        has_missed_ = true;
        return;
    }
    const auto first_left_out = left_out_.find(queue);
    if (first_left_out != left_out_.end() && !(ready.item < first_left_out->second)) {
        return;
    }
    read_.push_back({queue, ready.item});
    if (read_.size() > 2 * most_items()) {
        thin_out();
    }
}

namespace {

// How many items each of some queues may have, so that all of them together have this room.
std::size_t most_of_each(std::span<const std::size_t> sizes, std::size_t room) {
    const auto total = [sizes](std::size_t most) {
        return std::accumulate(
            sizes.begin(), sizes.end(), std::size_t{0},
            [most](std::size_t sum, std::size_t size) { return sum + std::min(size, most); });
    };
    auto most = sizes.empty() ? 0 : *std::ranges::max_element(sizes);
    while (most > 0 && total(most) > room) {
        most -= (most + 7) / 8;
    }
    return most;
}

std::uint8_t class_of(Offset queue) {
    return memory().at<Queue>(queue).priority_class;
}

}  // namespace

// Leaves each queue as many of its first ones as there is room for: the highest class takes what it
// needs, and within a class each queue gets its share.
void Loading::thin_out() {
    std::ranges::sort(read_, {}, [](const Read& read) {
        return std::tuple{read.queue, read.item.ready_at, read.item.job};
    });
    std::map<std::uint8_t, std::map<Offset, std::size_t>> sizes;
    for (const auto& read : read_) {
        ++sizes[class_of(read.queue)][read.queue];
    }
    auto room = most_items();
    for (auto& [priority_class, queues] : sizes) {
        const auto each = queues | std::views::values;
        const auto most = most_of_each(std::vector<std::size_t>{each.begin(), each.end()}, room);
        for (auto& [queue, size] : queues) {
            if (size > most) {
                spill(queue);
                size = most;
            }
            room -= size;
        }
    }
    std::erase_if(read_, [&](const Read& read) {
        auto& left = sizes[class_of(read.queue)][read.queue];
        if (left > 0) {
            --left;
            return false;
        }
        const auto [entry, is_new] = left_out_.try_emplace(read.queue, read.item);
        entry->second = std::min(entry->second, read.item);
        return true;
    });
}

// Those of each queue, in the order in which their tenants have waited, in which they enter.
std::map<std::uint8_t, std::vector<std::span<const Loading::Read>>> Loading::by_class() const {
    std::map<std::uint8_t, std::vector<std::span<const Read>>> classes;
    for (std::size_t begin = 0; begin < read_.size();) {
        auto end = begin + 1;
        while (end < read_.size() && read_[end].queue == read_[begin].queue) {
            ++end;
        }
        classes[class_of(read_[begin].queue)].push_back(
            std::span{read_}.subspan(begin, end - begin));
        begin = end;
    }
    for (auto& [priority_class, stretches] : classes) {
        std::ranges::sort(stretches, {}, [](const auto& stretch) {
            return std::tuple{stretch.front().item.ready_at, stretch.front().item.job};
        });
    }
    return classes;
}

// The first ones of it; returns the rest, or nothing if there is no room. Where memory is nearly
// full what is free is in small pieces.
std::span<const Loading::Read> Loading::put_in_place(std::span<const Read> together) {
    constexpr std::size_t most_together = 255;  // with its header 8 kB
    const auto queue = together.front().queue;
    std::vector<Item> items;
    items.reserve(most_together);
    std::ranges::transform(together | std::views::take(most_together), std::back_inserter(items),
                           &Read::item);
    for (; !items.empty(); items.resize(items.size() / 2)) {
        if (const auto chunk = make_chunk(memory(), items); chunk != 0) {
            const PlaneLock lock{*notes().use->get()};
            lock.plane().add(queue, chunk);
            return together.subspan(items.size());
        }
    }
    spill(queue);
    return {};
}

void Loading::finish() {
    auto& slot = *notes().use->get();
    if (needs_leases(slot)) {  // or what has ended meanwhile would come back
        add_leases(leases_);
    }
    thin_out();
    for (auto& [priority_class, stretches] : by_class()) {
        // each queue gets its first ones before any gets more
        while (!stretches.empty()) {
            std::ranges::transform(stretches, stretches.begin(), put_in_place);
            std::erase_if(stretches, [](const auto& rest) { return rest.empty(); });
        }
    }
    const PlaneLock lock{slot};
    slot.phase = Phase::loaded;
    // to this transaction what it has ended runs no more, to others it does
    slot.has_all_leases = slot.has_all_leases || (!slot.has_lost_leases && slot.unlisted == 0 &&
                                                  notes().ended_leases.empty());
    slot.has_missed = slot.has_missed || has_missed_;
    // a table that is too large for memory is not read all the time
    const auto now = pg::now();
    slot.load_again_at = now + 4 * (now - slot.loading_since);
    slot.turns_when_loaded = slot.state.turns;
    slot.rows_when_loaded = rows_;
    notes().is_loading = false;
    notes().loaded_at = GetCurrentSubTransactionId();
}

}  // namespace ideamine::dispatch::shared
