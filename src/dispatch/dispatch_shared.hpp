// Handing out jobs: what a transaction makes runnable is there for others when it has committed,
// and what it has taken comes back if it rolls back.
//
// Shared memory is a cache of a table. Whoever takes a job locks its row and looks whether it may
// still run; until that is known it stays taken.
#pragma once

#include <functional>

#include "dispatch/planes_shared.hpp"

namespace ideamine::dispatch::shared {

// A job that may run if the caller's transaction commits.
struct Ready {
    std::string_view tenant;
    std::string_view lane;
    std::uint8_t priority_class;
    Item item;
};

// Does nothing where the library is not preloaded. Throws nothing if there is no room: who hands
// out jobs then finds them in the table.
void publish(std::vector<Ready> ready);

// If the caller's transaction commits, what may run is read from the table anew.
void load_anew();
// The same, but not all the time where that takes long.
void look_again();

// If the caller's transaction commits, a tenant is charged for jobs that kept workers busy for so
// long, beyond their first seconds.
void charge(std::string_view tenant, std::uint8_t priority_class, Duration busy);
// If it commits, this is a tenant's share of what its class gets: 1 to 1000.
void set_weight(std::string_view tenant, std::uint32_t weight);
// How a share is found when a tenant comes in; otherwise all have the usual one. Inside a
// transaction; may throw.
using FindWeight = std::uint32_t (*)(std::string_view tenant);
void find_weights_by(FindWeight function);

// Jobs that have waited for long are handed out with higher classes from now on. Returns for how
// many queues that changed something.
std::size_t age(Time now, Duration interval);

// Whether a job that may run should have been handed out by now: it is in somebody's hands, or
// missing here.
bool is_passed(const Ready& ready);

// The queue that it goes to, the node of a tenant; 0: there is no room for it.
Offset queue_of(const Ready& ready);
Offset tenant_node(std::string_view tenant);

// What a transaction has taken, by number.
using Hand = std::size_t;

struct Taking {
    std::vector<std::string_view> lanes;
    const std::vector<std::string>* tenants = nullptr;  // none: all
    std::size_t wanted = 0;
};

// What was taken: the numbers from `first` to before `last`, in the order in which it is to be
// handed out. It all comes back at the end of the transaction, unless keep() or drop() says
// something else.
struct Hands {
    Hand first = 0;
    Hand last = 0;
    bool is_dry = false;  // the table has jobs that should go before what is left

    bool empty() const { return first == last; }
};
Hands take(const Taking& taking, Plane::Dry dry, Gate& gate);
const Item& item(Hand hand);
std::string tenant(Hand hand);
std::string lane(Hand hand);
std::uint8_t priority_class(Hand hand);
// With which it was taken: a higher one if it has waited for long.
std::uint8_t served_as(Hand hand);
Offset tenant_node(Hand hand);
// All from this one on that are not kept are as if they had not been taken, now.
void give_back(Hand first);
// It is the caller's if the transaction commits.
void keep(Hand hand);
// It does not stand for a job that may run, as the caller sees it: it is gone if its transaction
// commits.
void drop(Hand hand);

// It belongs into another class: dropped here, and published there.
void move(Hand hand, std::uint8_t priority_class);

// The lanes there are, for whoever knows what they mean.
std::vector<std::string> lanes();

}  // namespace ideamine::dispatch::shared
