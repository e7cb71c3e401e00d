// Whose turn it is in one class and lane.
#pragma once

#include "dispatch/nodes.hpp"

namespace ideamine::dispatch {

// A queue knows its own place, so that it can be moved or taken out.
class OrderView {
  public:
    OrderView(Order& order, const Memory& memory)
        : order_(order), memory_(memory), places_(&memory.at<Place>(order.places)) {}

    bool empty() const { return order_.size == 0; }
    const Place& first() const { return places_[0]; }
    // There must be room.
    void insert(const Place& place);
    void remove(const Queue& queue);
    void change(const Queue& queue, const Standing& standing);

  private:
    void put(std::uint32_t index, const Place& place);
    void settle(std::uint32_t index, const Place& place);

    Order& order_;
    const Memory& memory_;
    Place* places_;
};

}  // namespace ideamine::dispatch
