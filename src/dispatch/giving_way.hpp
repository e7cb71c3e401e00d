// Which running jobs would give way to others, and in which order.
//
// They stand in lists that are kept in this order: one for each group, and one for all tenants' of
// a class that hold something of the same resources. Who asks merges lists. The caller holds the
// lock of the plane, and nothing here allocates or frees.
#pragma once

#include <span>
#include <vector>

#include "dispatch/nodes.hpp"

namespace ideamine::dispatch {

// The lowest class first; within it the job that loses the least work, because it began, or saved a
// checkpoint, last; then the one that had to give way least often. Of the highest class none does.
bool gives_way_before(const Leased& one, const Leased& other);
constexpr bool can_give_way(std::uint8_t priority_class) {
    return priority_class > 0;
}

// Of which resources it holds something: a bit for each.
std::uint8_t held_by(const Leased& leased);

class LeaseOrder {
  public:
    // `links`: those of this list.
    LeaseOrder(LeaseList& list, LeaseLinks Lease::*links, const Memory& memory)
        : list_(list), links_(links), memory_(memory) {}

    // Takes as many steps as there are leases that would give way before it, or that came in since
    // then if several come in one after the other in the order in which they would give way.
    void insert(Offset lease);
    void remove(Offset lease);

  private:
    Lease& at(Offset lease) const { return memory_.at<Lease>(lease); }
    LeaseLinks& links_of(Offset lease) const { return at(lease).*links_; }

    LeaseList& list_;
    LeaseLinks Lease::*links_;
    const Memory& memory_;
};

// 0: there is none.
Offset find_group(const Memory& memory, Offset tenant, std::uint8_t priority_class,
                  std::uint8_t held);
// Finds it, or makes it of this node, which is 0 then.
Offset place_group(const Memory& memory, Offset tenant, Offset& node);

// Who is asked for.
struct YieldingQuery {
    std::optional<std::span<const Offset>> tenants;  // none: all; each once
    std::uint8_t below;                              // classes lower than this: of larger numbers
    int resource;                                    // -1: whatever they hold, also nothing
    std::size_t most;
};

struct Yielder {
    Offset tenant;
    Leased what;
};

// Appends them in their order. There is room for `most_lists()` in `lists`, which is used on the
// way, and in `found` for as many as are asked for, or there are.
std::size_t most_lists(const YieldingQuery& asked);
void list_yielding(LeaseTable& table, const Memory& memory, const YieldingQuery& asked,
                   std::vector<Offset>& lists, std::vector<Yielder>& found);

}  // namespace ideamine::dispatch
