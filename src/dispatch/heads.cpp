#include <algorithm>

#include "dispatch/plane.hpp"

namespace ideamine::dispatch {

namespace {

// The very first one of a queue may stand there for another reason than those behind it.
constexpr std::uint32_t most_of_chunk = 8;
constexpr int most_chunks = 8;

// Adds the first items of some chunks that follow one another, or of late ones below one another.
class Heads {
  public:
    explicit Heads(const Memory& memory, std::vector<Head>& heads)
        : memory_(memory), heads_(heads) {}

    std::size_t room() const { return heads_.capacity() - heads_.size(); }

    // So many at most: what goes first before the others.
    void add(const Queue& queue, std::size_t most) {
        end_ = heads_.size() + std::min(most, room());
        if (is_late_first(queue)) {
            add_late(queue);
            add_chunks(queue.tenant, queue.first, &Chunk::next);
        } else {
            add_chunks(queue.tenant, queue.first, &Chunk::next);
            add_late(queue);
        }
    }

  private:
    bool is_late_first(const Queue& queue) const {
        return queue.late != 0 && (queue.first == 0 || memory_.at<Chunk>(queue.late).first() <
                                                           memory_.at<Chunk>(queue.first).first());
    }

    void add_late(const Queue& queue) {
        add_chunks(queue.tenant, queue.late, &Chunk::child);
        if (queue.late != 0) {
            add_chunks(queue.tenant, memory_.at<Chunk>(queue.late).child, &Chunk::next);
        }
    }

    void add_chunks(Offset tenant, Offset first, Offset Chunk::*following) {
        for (int i = 0; first != 0 && i < most_chunks; ++i) {
            const auto& chunk = memory_.at<Chunk>(first);
            const auto last = std::min(chunk.end, chunk.begin + most_of_chunk);
            for (auto item = chunk.begin; item < last && heads_.size() < end_; ++item) {
                heads_.push_back({chunk.items[item], tenant});
            }
            first = chunk.*following;
        }
    }

    const Memory& memory_;
    std::vector<Head>& heads_;
    std::size_t end_ = 0;
};

// Calls `visit` with each queue that has items and is of such a lane and of one of these classes.
// One that waiting has raised is of its own class all the same.
template <typename Visit>
void for_each_queue(const Memory& memory, Offset lanes, const HeadsOf& of, std::uint8_t highest,
                    std::uint8_t lowest, Visit&& visit) {
    for (auto offset = lanes; offset != 0; offset = memory.at<Lane>(offset).next) {
        const auto& lane = memory.at<Lane>(offset);
        for (std::uint8_t served_as = 0; lane.name_view().ends_with(of.mark) && served_as <= lowest;
             ++served_as) {
            const auto& order = lane.orders[served_as];
            for (std::uint32_t i = 0; i < order.size; ++i) {
                const auto& queue = memory.at<Queue>((&memory.at<Place>(order.places))[i].queue);
                if (queue.priority_class >= highest && queue.priority_class <= lowest &&
                    (of.tenant == 0 || queue.tenant == of.tenant)) {
                    visit(queue);
                }
            }
        }
    }
}

}  // namespace

void Plane::list_heads(const HeadsOf& of, std::vector<Head>& heads) const {
    Heads listed{memory_, heads};
    for (std::uint8_t i = 0; i <= of.lowest_class; ++i) {
        std::size_t left = 0;
        for_each_queue(memory_, state_.lanes, of, i, of.lowest_class,
                       [&](const Queue&) { ++left; });
        const auto most = std::max<std::size_t>(1, listed.room() / std::max<std::size_t>(1, left));
        for_each_queue(memory_, state_.lanes, of, i, i,
                       [&](const Queue& queue) { listed.add(queue, most); });
    }
}

}  // namespace ideamine::dispatch
