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

Parts::Parts(Memory& memory, const Key& key, std::uint32_t for_queues)
    : tenant(make_node<Tenant>(memory, key.tenant)),
      lane(make_node<Lane>(memory, key.lane)),
      queue(make_node<Queue>(memory)),
      places(memory.allocate(for_queues * sizeof(Place))),
      room(for_queues),
      memory_(memory) {
    if (tenant != 0) {
        auto& node = memory.at<Tenant>(tenant);
        node.hash = key.hash;
        node.weight = usual_weight;
        node.id_length = static_cast<std::uint16_t>(key.tenant.size());
        std::memcpy(node.id, key.tenant.data(), key.tenant.size());
    }
    if (lane != 0) {
        auto& node = memory.at<Lane>(lane);
        node.name_length = static_cast<std::uint16_t>(key.lane.size());
        std::memcpy(node.name, key.lane.data(), key.lane.size());
    }
}

Parts::~Parts() {
    for (const auto piece : {tenant, lane, queue, places}) {
        if (piece != 0) {
            memory_.free(piece);
        }
    }
}

bool Parts::complete() const {
    return tenant != 0 && lane != 0 && queue != 0 && places != 0;
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
