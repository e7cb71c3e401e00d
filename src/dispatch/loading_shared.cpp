#include "dispatch/loading_shared.hpp"

#include <unordered_map>

#include "ideamine/pg/datum.hpp"

#include "dispatch/dispatch_settings.hpp"
#include "dispatch/notes_shared.hpp"

namespace ideamine::dispatch::shared {

namespace {

// Of the memory that is set aside, the rest being for queues and what is published meanwhile.
std::size_t most_items() {
    return dispatch_memory() / 2 / sizeof(Item);
}

bool is_due(const Slot& slot, bool found_little) {
    switch (slot.phase) {
        case Phase::unloaded:
            return true;
        case Phase::loading:
            return false;
        case Phase::loaded:
            break;
    }
    return pg::now() >= slot.load_again_at &&
           (slot.has_missed || (found_little && slot.state.spilled > 0));
}

}  // namespace

bool Loading::begin(bool found_little) {
    auto& notes = shared::notes();
    auto& slot = *notes.use->get();
    Offset cleared = 0;
    {
        const PlaneLock lock{slot};
        if (!is_due(slot, found_little)) {
            return false;
        }
        slot.phase = Phase::loading;
        slot.has_missed = false;
        slot.loading_since = pg::now();
        cleared = lock.plane().clear();
        notes.is_loading = true;
    }
    free_chunks(memory(), cleared);
    return true;
}

void Loading::add(const Ready& ready) {
    const auto queue = queue_of(ready);
    if (queue == 0) {
        has_missed_ = true;
        return;
    }
    read_.push_back({queue, ready.item});
    if (read_.size() > 2 * most_items()) {
        thin_out();
    }
}

// Leaves each queue so many of its first ones that all of them together have room.
void Loading::thin_out() {
    std::ranges::sort(read_, {}, [](const Read& read) {
        return std::tuple{read.queue, read.item.ready_at, read.item.job};
    });
    std::unordered_map<Offset, std::size_t> sizes;
    for (const auto& read : read_) {
        ++sizes[read.queue];
    }
    const auto total = [&](std::size_t most) {
        std::size_t sum = 0;
        for (const auto& [queue, size] : sizes) {
            sum += std::min(size, most);
        }
        return sum;
    };
    std::size_t most = read_.size();
    while (most > 1 && total(most) > most_items()) {
        most -= (most + 7) / 8;
    }
    std::unordered_map<Offset, std::size_t> kept;
    std::erase_if(read_, [&](const Read& read) { return ++kept[read.queue] > most; });
    auto& slot = *notes().use->get();
    const PlaneLock lock{slot};
    for (const auto& [queue, size] : sizes) {
        if (size > most) {
            lock.plane().spill(queue);
        }
    }
}

// Those of each queue, whose tenants enter in the order in which they have waited.
std::vector<std::span<const Loading::Read>> Loading::by_queue() const {
    std::vector<std::span<const Read>> stretches;
    for (std::size_t begin = 0; begin < read_.size();) {
        auto end = begin + 1;
        while (end < read_.size() && read_[end].queue == read_[begin].queue) {
            ++end;
        }
        stretches.push_back(std::span{read_}.subspan(begin, end - begin));
        begin = end;
    }
    std::ranges::sort(stretches, {}, [](const auto& stretch) {
        const auto& first = stretch.front().item;
        return std::tuple{first.ready_at, first.job};
    });
    return stretches;
}

void Loading::put_in_place(std::span<const Read> together) {
    constexpr std::size_t most_together = 256;
    auto& slot = *notes().use->get();
    const auto queue = together.front().queue;
    while (!together.empty()) {
        const auto part = together.first(std::min(together.size(), most_together));
        together = together.subspan(part.size());
        std::vector<Item> items;
        items.reserve(part.size());
        std::ranges::transform(part, std::back_inserter(items), &Read::item);
        const auto chunk = make_chunk(memory(), items);
        const PlaneLock lock{slot};
        if (chunk == 0) {
            lock.plane().spill(queue);
            return;
        }
        lock.plane().add(queue, chunk);
    }
}

void Loading::finish() {
    auto& slot = *notes().use->get();
    thin_out();
    for (const auto stretch : by_queue()) {
        put_in_place(stretch);
    }
    const PlaneLock lock{slot};
    slot.phase = Phase::loaded;
    slot.has_missed = slot.has_missed || has_missed_;
    // a table that is too large for memory is not read all the time
    const auto now = pg::now();
    slot.load_again_at = now + 4 * (now - slot.loading_since);
    notes().is_loading = false;
}

}  // namespace ideamine::dispatch::shared
