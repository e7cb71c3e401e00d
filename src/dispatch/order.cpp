#include "dispatch/order.hpp"

namespace ideamine::dispatch {

void OrderView::put(std::uint32_t index, const Place& place) {
    places_[index] = place;
    memory_.at<Queue>(place.queue).place = index + 1;
}

// Puts it where it belongs, beginning at a place that is free.
void OrderView::settle(std::uint32_t index, const Place& place) {
    while (index > 0 && place < places_[(index - 1) / 2]) {
        put(index, places_[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    for (auto child = 2 * index + 1; child < order_.size; child = 2 * index + 1) {
        if (child + 1 < order_.size && places_[child + 1] < places_[child]) {
            ++child;
        }
        if (place < places_[child]) {
            break;
        }
        put(index, places_[child]);
        index = child;
    }
    put(index, place);
}

void OrderView::insert(const Place& place) {
    settle(order_.size++, place);
}

void OrderView::remove(const Queue& queue) {
    const auto index = queue.place - 1;
    memory_.at<Queue>(places_[index].queue).place = 0;
    const auto last = places_[--order_.size];
    if (index < order_.size) {
        settle(index, last);
    }
}

void OrderView::change(const Queue& queue, const Standing& standing) {
    const auto index = queue.place - 1;
    settle(index, {standing, places_[index].queue});
}

}  // namespace ideamine::dispatch
