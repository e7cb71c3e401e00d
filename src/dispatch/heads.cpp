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

    void add(const Queue& queue) {
        add_chunks(queue.tenant, queue.first, &Chunk::next);
        add_chunks(queue.tenant, queue.late, &Chunk::child);
        if (queue.late != 0) {
            add_chunks(queue.tenant, memory_.at<Chunk>(queue.late).child, &Chunk::next);
        }
    }

  private:
    void add_chunks(Offset tenant, Offset first, Offset Chunk::*following) {
        for (int i = 0; first != 0 && i < most_chunks; ++i) {
            const auto& chunk = memory_.at<Chunk>(first);
            const auto last = std::min(chunk.end, chunk.begin + most_of_chunk);
            for (auto item = chunk.begin; item < last && heads_.size() < heads_.capacity();
                 ++item) {
                heads_.push_back({chunk.items[item], tenant});
            }
            first = chunk.*following;
        }
    }

    const Memory& memory_;
    std::vector<Head>& heads_;
};

}  // namespace

// A queue that waiting has raised to such a class is of another one.
void Plane::list_heads(char mark, std::uint8_t lowest_class, std::vector<Head>& heads) const {
    for (auto offset = state_.lanes; offset != 0; offset = memory_.at<Lane>(offset).next) {
        const auto& lane = memory_.at<Lane>(offset);
        for (std::uint8_t served_as = 0;
             lane.name_view().ends_with(mark) && served_as <= lowest_class; ++served_as) {
            const auto& order = lane.orders[served_as];
            for (std::uint32_t i = 0; i < order.size; ++i) {
                const auto* places = &memory_.at<Place>(order.places);
                const auto& queue = memory_.at<Queue>(places[i].queue);
                if (queue.priority_class <= lowest_class) {
                    Heads{memory_, heads}.add(queue);
                }
            }
        }
    }
}

}  // namespace ideamine::dispatch
