// What a plane is made of, made before it is put in place.
#pragma once

#include <span>

#include "dispatch/nodes.hpp"

namespace ideamine::dispatch {

// Names a queue.
struct Key {
    std::string_view tenant;
    std::uint32_t hash;  // of the tenant
    std::string_view lane;
    std::uint8_t priority_class;
};

// For how many queues there has to be a place in the order of each class; 0: there is room.
using Rooms = std::array<std::uint32_t, max_classes>;

// What it takes to make a queue, made where no lock is held.
class Parts {
  public:
    Parts(Memory& memory, const Key& key, const Rooms& rooms);
    // Frees what was not used, or is not needed any more.
    ~Parts();
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    bool complete() const;

    Offset tenant;
    Offset lane;
    Offset queue;
    std::array<Offset, max_classes> places{};
    Rooms rooms;

  private:
    Memory& memory_;
};

// What a tenant consists of before it has queues; a group of its running jobs; 0: there is no room.
Offset make_tenant(Memory& memory, std::string_view id, std::uint32_t hash);
Offset make_group(Memory& memory, std::uint8_t priority_class, std::uint8_t held);

// A chunk of these items; 0: there is no room.
Offset make_chunk(Memory& memory, std::span<const Item> items);
void free_chunks(Memory& memory, Offset first);

}  // namespace ideamine::dispatch
