// What may run next, for one installation: the order in which the jobs of many tenants are handed
// out, without looking at a table.
//
// A cache: a table says what may run, and whoever takes an item asks that table once more. What
// stands here twice does no harm, therefore; what should stand here and does not is found by
// loading it anew (see README.md).
//
// The caller holds a lock. Nothing here allocates: what is new is made before, and what has become
// free is handed back to be freed after.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "dispatch/parts.hpp"

namespace ideamine::dispatch {

struct Taken {
    Item item;
    Offset queue;
    std::uint8_t served_as;  // the class in which it cost its tenant something
};

// An item that goes first in its queue, or soon after.
struct Head {
    Item item;
    Offset tenant;
};

// Of which queues: in lanes whose names end with the mark, of the classes up to this one.
struct HeadsOf {
    char mark;
    std::uint8_t lowest_class;
    Offset tenant = 0;  // 0: of all
};

// Who asks for work: which lanes it serves, and for which tenants (none: for all).
struct Claimant {
    std::span<const Offset> lanes;
    std::optional<std::span<const Offset>> tenants;
};

// Asked before each item that is taken.
class Gate {
  public:
    enum class Answer {
        pass,
        park,  // this queue gives nothing for now
        stop,  // nothing more is taken before the caller has found out something
    };
    virtual Answer ask(const Tenant& tenant, const Lane& lane, std::uint8_t priority_class) = 0;

  protected:
    Gate() = default;
    ~Gate() = default;
};

// What a job costs a tenant of weight 1 for each second that it keeps a worker busy. The first one
// is charged when it is taken, since nobody knows how long it will be.
inline constexpr Pass cost = 1 << 20;

// A tenant that comes back after it had nothing to do has saved up nothing, and owes no more than
// this, a minute of a worker of its weight.
constexpr Pass longest_debt(std::uint32_t weight) {
    return 60 * (cost / weight);
}

class Plane {
  public:
    Plane(State& state, const Memory& memory) : state_(state), memory_(memory) {}

    std::uint64_t size() const { return state_.size; }

    // 0: there is none.
    Offset find_tenant(std::string_view id, std::uint32_t hash) const;
    Offset find_lane(std::string_view name) const;
    Offset find_queue(const Key& key) const;
    // For how many queues there has to be room with one more of these: in the order of its class,
    // and in those that waiting may raise it to.
    Rooms room_for(const Key& key) const;
    // Finds it, or makes it of this node, which is 0 then.
    Offset make_tenant(std::string_view id, std::uint32_t hash, Offset& node);
    // Finds it, or makes it of these parts; 0: there has to be more room by now.
    Offset make_queue(const Key& key, Parts& parts);

    void set_weight(Offset tenant, std::uint32_t weight);
    // It kept a worker busy for so long, beyond the first seconds of its jobs.
    void charge(Offset tenant, std::uint8_t priority_class, Duration busy);

    // What became runnable, or was taken and not used; the chunk belongs to the queue from now on.
    void add(Offset queue, Offset chunk);
    // So many that were taken of it, in this class, were not used: they cost the tenant nothing.
    void refund(Offset queue, std::uint8_t served_as, std::uint32_t items);
    // The table has jobs of this queue that found no room here.
    void spill(Offset queue);
    bool has_spilled(Offset queue) const { return memory_.at<Queue>(queue).has_spilled; }
    // Takes everything out, as if nothing had been published. Returns chunks that are to be freed.
    Offset clear();

    // Takes up to so many items, the highest class first. Within a class the tenant goes first that
    // has had least for its weight; within a tenant, what has been ready longest. It ends before
    // a class of which the table has jobs that should go first, unless it is to make do with what
    // is here. `taken` has room for all of them.
    enum class Dry { ends, makes_do };
    struct Result {
        Offset emptied;  // chunks that are to be freed
        bool stopped;    // by the gate
        bool is_dry;     // it ended there
    };
    Result take(const Claimant& claimant, std::size_t wanted, Dry dry, Gate& gate,
                std::vector<Taken>& taken);

    // Whether this item of a queue would have been taken before what stands there, so that it is in
    // somebody's hands, or missing.
    bool is_passed(Offset queue, const Item& item) const;

    // Of such queues some items each that go first or soon, some of them twice, as many as `heads`
    // has room for: of each queue about as many, those of the highest class first.
    void list_heads(const HeadsOf& of, std::vector<Head>& heads) const;

    // What was parked may give something again.
    void unpark_all();

    // Queues whose first items have waited for long are served with higher classes from now on:
    // those of the tenants in some buckets. Returns how many have come to another class. To be
    // called for all buckets now and then; between, what comes first is judged by the latest time.
    std::size_t age(Time now, Duration interval, std::size_t first, std::size_t last);

  private:
    class Taking;

    // Where it stands; and that of its own class, which knows that the table has more of it.
    Order& order_of(const Queue& queue) const {
        return memory_.at<Lane>(queue.lane).orders[queue.served_as];
    }
    Order& own_order_of(const Queue& queue) const {
        return memory_.at<Lane>(queue.lane).orders[queue.priority_class];
    }
    std::uint8_t class_of_first(const Queue& queue) const;
    bool settle_class(Offset queue);
    bool make_room(Lane& lane, std::uint8_t priority_class, Parts& parts);
    bool is_served(const Tenant& tenant, std::uint8_t priority_class) const;
    void enter(Offset queue);
    void leave(Offset queue);
    void change(Tenant& tenant, std::uint8_t priority_class, const Standing& standing);
    void park(Offset queue);
    // Of a queue that is not empty: the chunk with its first item, and that item taken out. The
    // latter returns the chunk if nothing is left of it.
    const Chunk& first_of(const Queue& queue) const;
    Offset remove_first(Queue& queue);
    bool is_late_first(const Queue& queue) const;
    // When the number of its items, or whether it has spilled, has changed.
    void note_dry(const Queue& queue, bool was_dry) const;

    State& state_;
    const Memory& memory_;
};

}  // namespace ideamine::dispatch
