#include <algorithm>
#include <utility>

#include "dispatch/order.hpp"
#include "dispatch/plane.hpp"
#include "dispatch/runs.hpp"

namespace ideamine::dispatch {

// One call of take() on its way.
class Plane::Taking {
  public:
    Taking(Plane& plane, const Claimant& claimant, std::size_t wanted, Dry dry, Gate& gate,
           std::vector<Taken>& taken)
        : plane_(plane),
          claimant_(claimant),
          wanted_(wanted),
          dry_(dry),
          gate_(gate),
          taken_(taken) {}

    Result run() {
        for (std::uint8_t priority_class = 0; priority_class < max_classes; ++priority_class) {
            serve_class(priority_class);
        }
        return {.emptied = emptied_, .stopped = stopped_, .is_dry = is_dry_};
    }

  private:
    void serve_class(std::uint8_t priority_class);
    Offset next_tenant(std::uint8_t priority_class) const;
    Offset next_queue(const Tenant& tenant, std::uint8_t priority_class) const;
    void take_one(Tenant& tenant, Offset queue);
    bool is_dry(std::uint8_t priority_class) const;
    bool is_done() const { return stopped_ || is_dry_ || taken_.size() == wanted_; }

    Plane& plane_;
    const Claimant& claimant_;
    std::size_t wanted_;
    Dry dry_;
    Gate& gate_;
    std::vector<Taken>& taken_;
    Offset emptied_ = 0;
    bool stopped_ = false;
    bool is_dry_ = false;
};

bool Plane::Taking::is_dry(std::uint8_t priority_class) const {
    return std::ranges::any_of(claimant_.lanes, [&](Offset lane) {
        return plane_.memory_.at<Lane>(lane).orders[priority_class].dry > 0;
    });
}

void Plane::Taking::serve_class(std::uint8_t priority_class) {
    while (!is_done()) {
        if (dry_ == Dry::ends && is_dry(priority_class)) {
            is_dry_ = true;
            return;
        }
        const auto offset = next_tenant(priority_class);
        if (offset == 0) {
            return;
        }
        auto& tenant = plane_.memory_.at<Tenant>(offset);
        const auto queue = next_queue(tenant, priority_class);
        const auto& asked = plane_.memory_.at<Queue>(queue);
        const auto& lane = plane_.memory_.at<Lane>(asked.lane);
        switch (gate_.ask(tenant, lane, asked.priority_class)) {
            case Gate::Answer::pass:
                take_one(tenant, queue);
                break;
            case Gate::Answer::park:
                plane_.park(queue);
                break;
            case Gate::Answer::stop:
                stopped_ = true;
                break;
        }
    }
}

// The one with the least standing.
Offset Plane::Taking::next_tenant(std::uint8_t priority_class) const {
    const auto& memory = plane_.memory_;
    std::optional<Place> first;
    const auto consider = [&](const Place& place) {
        if (!first || place < *first) {
            first = place;
        }
    };
    if (claimant_.tenants) {
        for (const auto offset : *claimant_.tenants) {
            const auto& tenant = memory.at<Tenant>(offset);
            if (const auto queue = next_queue(tenant, priority_class); queue != 0) {
                consider({tenant.standings[priority_class], queue});
            }
        }
    } else {
        for (const auto lane : claimant_.lanes) {
            auto& order = memory.at<Lane>(lane).orders[priority_class];
            if (order.size > 0) {
                consider(OrderView{order, memory}.first());
            }
        }
    }
    return first ? memory.at<Queue>(first->queue).tenant : 0;
}

// Of those that may be served, the one whose first item has been ready longest.
Offset Plane::Taking::next_queue(const Tenant& tenant, std::uint8_t priority_class) const {
    const auto& memory = plane_.memory_;
    Offset found = 0;
    const Item* first = nullptr;
    for (auto offset = tenant.queues; offset != 0; offset = memory.at<Queue>(offset).next) {
        const auto& queue = memory.at<Queue>(offset);
        if (queue.served_as != priority_class || queue.place == 0 ||
            std::ranges::count(claimant_.lanes, queue.lane) == 0) {
            continue;
        }
        const auto& item = plane_.first_of(queue).first();
        if (found == 0 || item < *first) {
            found = offset;
            first = &item;
        }
    }
    return found;
}

void Plane::Taking::take_one(Tenant& tenant, Offset offset) {
    auto& queue = plane_.memory_.at<Queue>(offset);
    const auto priority_class = queue.served_as;
    taken_.push_back({plane_.first_of(queue).first(), offset, priority_class});
    if (const auto empty = plane_.remove_first(queue); empty != 0) {
        plane_.memory_.at<Chunk>(empty).next = std::exchange(emptied_, empty);
    }
    --plane_.state_.size;
    if (--queue.size == 0) {
        plane_.leave(offset);
        plane_.note_dry(queue, false);
    }
    const auto pass = tenant.standings[priority_class].pass;
    auto& latest = plane_.state_.latest[priority_class];
    latest = std::max(latest, pass);
    plane_.change(tenant, priority_class, {pass + cost / tenant.weight, ++plane_.state_.turns});
    plane_.settle_class(offset);
}

Plane::Result Plane::take(const Claimant& claimant, std::size_t wanted, Dry dry, Gate& gate,
                          std::vector<Taken>& taken) {
    return Taking{*this, claimant, wanted, dry, gate, taken}.run();
}

}  // namespace ideamine::dispatch
