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

// What it takes to make a queue, made where no lock is held.
class Parts {
  public:
    // `room`: for how many queues there has to be a place in the order.
    Parts(Memory& memory, const Key& key, std::uint32_t room);
    // Frees what was not used, or is not needed any more.
    ~Parts();
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    bool complete() const;

    Offset tenant;
    Offset lane;
    Offset queue;
    Offset places;
    std::uint32_t room;

  private:
    Memory& memory_;
};

// A chunk of these items; 0: there is no room.
Offset make_chunk(Memory& memory, std::span<const Item> items);
void free_chunks(Memory& memory, Offset first);

}  // namespace ideamine::dispatch
