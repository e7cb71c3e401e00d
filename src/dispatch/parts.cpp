#include "dispatch/parts.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace ideamine::dispatch {

namespace {

template <typename Node>
Offset make_node(Memory& memory, std::string_view name = {}) {
    const auto offset = memory.allocate(sizeof(Node) + name.size());
    if (offset != 0) {
        new (&memory.at<Node>(offset)) Node{};
    }
    return offset;
}

}  // namespace

Offset make_tenant(Memory& memory, std::string_view id, std::uint32_t hash) {
    const auto offset = make_node<Tenant>(memory, id);
    if (offset != 0) {
        auto& node = memory.at<Tenant>(offset);
        node.hash = hash;
        node.weight = usual_weight;
        node.id_length = static_cast<std::uint16_t>(id.size());
        std::memcpy(node.id, id.data(), id.size());
    }
    return offset;
}

Offset make_group(Memory& memory, std::uint8_t priority_class, std::uint8_t held) {
    const auto offset = make_node<Group>(memory);
    if (offset != 0) {
        auto& node = memory.at<Group>(offset);
        node.priority_class = priority_class;
        node.held = held;
    }
    return offset;
}

Parts::Parts(Memory& memory, const Key& key, const Rooms& for_queues)
    : tenant(make_tenant(memory, key.tenant, key.hash)),
      lane(make_node<Lane>(memory, key.lane)),
      queue(make_node<Queue>(memory)),
      rooms(for_queues),
      memory_(memory) {
    for (std::size_t i = 0; i < rooms.size(); ++i) {
        places[i] = rooms[i] == 0 ? 0 : memory.allocate(rooms[i] * sizeof(Place));
    }
    if (lane != 0) {
        auto& node = memory.at<Lane>(lane);
        node.name_length = static_cast<std::uint16_t>(key.lane.size());
        std::memcpy(node.name, key.lane.data(), key.lane.size());
    }
}

Parts::~Parts() {
    const auto free = [this](Offset piece) {
        if (piece != 0) {
            memory_.free(piece);
        }
    };
    std::ranges::for_each(std::array{tenant, lane, queue}, free);
    std::ranges::for_each(places, free);
}

bool Parts::complete() const {
    bool has_places = true;
    for (std::size_t i = 0; i < rooms.size(); ++i) {
        has_places = has_places && (rooms[i] == 0 || places[i] != 0);
    }
    return tenant != 0 && lane != 0 && queue != 0 && has_places;
}

Offset make_chunk(Memory& memory, std::span<const Item> items) {
    const auto offset = memory.allocate(sizeof(Chunk) + items.size_bytes());
    if (offset != 0) {
        auto& chunk = *new (&memory.at<Chunk>(offset)) Chunk{};
        chunk.end = static_cast<std::uint32_t>(items.size());
        std::ranges::copy(items, chunk.items);
        std::sort(chunk.items, chunk.items + items.size());
    }
    return offset;
}

void free_chunks(Memory& memory, Offset first) {
    while (first != 0) {
        const auto next = memory.at<Chunk>(first).next;
        memory.free(first);
        first = next;
    }
}

}  // namespace ideamine::dispatch
