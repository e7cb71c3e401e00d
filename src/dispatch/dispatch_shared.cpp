#include "dispatch/dispatch_shared.hpp"

#include "dispatch/notes_shared.hpp"

namespace ideamine::dispatch::shared {

namespace {

Key key_of(const Ready& ready) {
    return {.tenant = ready.tenant,
            .hash = hash_of(ready.tenant),
            .lane = ready.lane,
            .priority_class = ready.priority_class};
}

auto place_of(const Ready& ready) {
    return std::tie(ready.tenant, ready.priority_class, ready.lane);
}

Phase phase_of(Slot& slot) {
    const PlaneLock lock{slot};
    return slot.phase;
}

void publish_together(Notes& notes, std::span<const Ready> ready) {
    const auto queue = queue_of(ready.front());
    if (queue == 0) {
        notes.has_missed = true;
        return;
    }
    std::vector<Item> items;
    items.reserve(ready.size());
    for (const auto& job : ready) {
        items.push_back(job.item);
    }
    notes.published.reserve(notes.published.size() + 1);
    notes.published.push_back({.queue = queue,
                               .chunk = make_chunk(memory(), items),
                               .level = GetCurrentSubTransactionId()});
}

// Calls `with` for each stretch of what goes into one queue.
template <typename With>
void for_each_queue(std::vector<Ready>& ready, With with) {
    std::ranges::stable_sort(
        ready, [](const Ready& a, const Ready& b) { return place_of(a) < place_of(b); });
    for (std::size_t begin = 0; begin < ready.size();) {
        auto end = begin + 1;
        while (end < ready.size() && place_of(ready[end]) == place_of(ready[begin])) {
            ++end;
        }
        with(std::span{ready}.subspan(begin, end - begin));
        begin = end;
    }
}

// The claimant of a call, with room for what it names.
class Asking {
  public:
    explicit Asking(const Taking& taking) : taking_(taking) {
        lanes_.reserve(taking.lanes.size());
        tenants_.reserve(taking.tenants == nullptr ? 0 : taking.tenants->size());
    }

    // With the lock.
    Claimant of(const Plane& plane) {
        for (const auto& lane : taking_.lanes) {
            if (const auto offset = plane.find_lane(lane); offset != 0) {
                lanes_.push_back(offset);
            }
        }
        if (taking_.tenants == nullptr) {
            return {.lanes = lanes_, .tenants = std::nullopt};
        }
        for (const auto& tenant : *taking_.tenants) {
            if (const auto offset = plane.find_tenant(tenant, hash_of(tenant)); offset != 0) {
                tenants_.push_back(offset);
            }
        }
        return {.lanes = lanes_, .tenants = std::span<const Offset>{tenants_}};
    }

  private:
    const Taking& taking_;
    std::vector<Offset> lanes_;
    std::vector<Offset> tenants_;
};

}  // namespace

void load_anew() {
    notes().loads_anew = true;
}

void look_again() {
    notes().has_missed = true;
}

namespace {

constinit FindWeight find_weight = nullptr;

}  // namespace

void find_weights_by(FindWeight function) {
    find_weight = function;
}

// The weight is read when others can see the tenant here, so that whoever changes it meanwhile does
// so here, too.
Offset queue_of(const Ready& ready) {
    auto& slot = *notes().use->get();
    const auto key = key_of(ready);
    const auto [queue, is_new] = find_or_make_queue(slot, key);
    if (is_new && find_weight != nullptr) {
        const auto weight = find_weight(ready.tenant);
        const PlaneLock lock{slot};
        lock.plane().set_weight(memory().at<Queue>(queue).tenant, weight);
    }
    return queue;
}

void charge(std::string_view tenant, std::uint8_t priority_class, Duration busy) {
    notes().charges.push_back({.tenant = std::string{tenant},
                               .hash = hash_of(tenant),
                               .priority_class = priority_class,
                               .busy = busy,
                               .level = GetCurrentSubTransactionId()});
}

void set_weight(std::string_view tenant, std::uint32_t weight) {
    notes().weights.push_back({.tenant = std::string{tenant},
                               .hash = hash_of(tenant),
                               .weight = weight,
                               .level = GetCurrentSubTransactionId()});
}

std::size_t age(Time now, Duration interval) {
    constexpr std::size_t together = 64;  // buckets, with one lock
    auto& slot = *notes().use->get();
    std::size_t changed = 0;
    for (std::size_t first = 0; first < slot.state.tenants.size(); first += together) {
        const PlaneLock lock{slot};
        changed += lock.plane().age(now, interval, first, first + together);
    }
    return changed;
}

bool is_passed(const Ready& ready) {
    auto& slot = *notes().use->get();
    const PlaneLock lock{slot};
    if (slot.phase != Phase::loaded || slot.has_missed) {
        return false;
    }
    const auto queue = lock.plane().find_queue(key_of(ready));
    return queue == 0 || lock.plane().is_passed(queue, ready.item);
}

void publish(std::vector<Ready> ready) {
    if (!is_available() || ready.empty()) {
        return;
    }
    auto& notes = shared::notes();
    if (phase_of(*notes.use->get()) == Phase::unloaded) {
        notes.has_missed = true;  // should somebody begin to load before this commits
        return;
    }
    for_each_queue(ready,
                   [&](std::span<const Ready> together) { publish_together(notes, together); });
}

namespace {

// What this transaction has published, of what is asked for: the highest class first, then what has
// been ready longest.
std::vector<Published*> own_published(Notes& notes, const Claimant& claimant) {
    std::vector<Published*> own;
    for (auto& published : notes.published) {
        const auto& queue = memory().at<Queue>(published.queue);
        const bool is_asked_for =
            published.chunk != 0 && std::ranges::count(claimant.lanes, queue.lane) > 0 &&
            (!claimant.tenants || std::ranges::count(*claimant.tenants, queue.tenant) > 0);
        if (is_asked_for) {
            own.push_back(&published);
        }
    }
    std::ranges::stable_sort(own, {}, [](const Published* published) {
        const auto& chunk = memory().at<Chunk>(published->chunk);
        return std::pair{memory().at<Queue>(published->queue).priority_class,
                         chunk.items[chunk.begin].ready_at};
    });
    return own;
}

void take_own(Notes& notes, const Claimant& claimant, std::size_t wanted) {
    for (auto* published : own_published(notes, claimant)) {
        auto& chunk = memory().at<Chunk>(published->chunk);
        for (; wanted > 0 && chunk.begin < chunk.end; --wanted) {
            notes.taken.push_back({.item = chunk.items[chunk.begin++],
                                   .queue = published->queue,
                                   .served_as = memory().at<Queue>(published->queue).priority_class,
                                   .level = GetCurrentSubTransactionId(),
                                   .fate = InHand::Fate::comes_back,
                                   .published_at = published->level});
        }
    }
    std::erase_if(notes.published, [](const Published& published) {
        const auto* chunk = published.chunk == 0 ? nullptr : &memory().at<Chunk>(published.chunk);
        const bool is_empty = chunk != nullptr && chunk->begin == chunk->end;
        if (is_empty) {
            memory().free(published.chunk);
        }
        return is_empty;
    });
}

}  // namespace

Hands take(const Taking& taking, Plane::Dry dry, Gate& gate) {
    auto& notes = shared::notes();
    auto& slot = *notes.use->get();
    Asking asking{taking};
    std::vector<dispatch::Taken> taken;
    taken.reserve(taking.wanted);
    notes.taken.reserve(notes.taken.size() + taking.wanted);
    const auto first = notes.taken.size();
    Claimant claimant;
    Plane::Result result{};
    {
        const PlaneLock lock{slot};
        lock.plane().unpark_all();
        claimant = asking.of(lock.plane());
        result = lock.plane().take(claimant, taking.wanted, dry, gate, taken);
    }
    for (const auto& [item, queue, served_as] : taken) {
        notes.taken.push_back({.item = item,
                               .queue = queue,
                               .served_as = served_as,
                               .level = GetCurrentSubTransactionId(),
                               .fate = InHand::Fate::comes_back});
    }
    free_chunks(memory(), result.emptied);
    if (!result.stopped && !result.is_dry) {
        take_own(notes, claimant, taking.wanted - taken.size());
    }
    return {.first = first, .last = notes.taken.size(), .is_dry = result.is_dry};
}

const Item& item(Hand hand) {
    return notes().taken[hand].item;
}

std::string tenant(Hand hand) {
    return std::string{memory().at<Tenant>(tenant_node(hand)).id_view()};
}

// Nodes stay where they are as long as their plane is in use.
Offset tenant_node(Hand hand) {
    return memory().at<Queue>(notes().taken[hand].queue).tenant;
}

Offset tenant_node(std::string_view tenant) {
    return find_or_make_tenant(*notes().use->get(), tenant);
}

std::string lane(Hand hand) {
    const auto& queue = memory().at<Queue>(notes().taken[hand].queue);
    return std::string{memory().at<Lane>(queue.lane).name_view()};
}

std::uint8_t priority_class(Hand hand) {
    return memory().at<Queue>(notes().taken[hand].queue).priority_class;
}

std::uint8_t served_as(Hand hand) {
    return notes().taken[hand].served_as;
}

void give_back(Hand first) {
    give_back_rest(notes(), first);
}

void keep(Hand hand) {
    notes().taken[hand].fate = InHand::Fate::kept;
}

void drop(Hand hand) {
    notes().taken[hand].fate = InHand::Fate::dropped;
}

void move(Hand hand, std::uint8_t priority_class) {
    // nodes stay where they are as long as their plane is in use
    const auto& queue = memory().at<Queue>(notes().taken[hand].queue);
    const Ready ready{.tenant = memory().at<Tenant>(queue.tenant).id_view(),
                      .lane = memory().at<Lane>(queue.lane).name_view(),
                      .priority_class = priority_class,
                      .item = item(hand)};
    drop(hand);
    publish({ready});
}

std::vector<std::string> lanes() {
    auto& slot = *notes().use->get();
    std::vector<std::string> lanes;
    lanes.reserve(1024);
    const PlaneLock lock{slot};
    for (auto offset = slot.state.lanes; offset != 0 && lanes.size() < lanes.capacity();
         offset = memory().at<Lane>(offset).next) {
        lanes.emplace_back(memory().at<Lane>(offset).name_view());
    }
    return lanes;
}

}  // namespace ideamine::dispatch::shared
