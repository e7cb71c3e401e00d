// What a plane consists of: plain data in shared memory.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <tuple>

#include "dispatch/memory.hpp"
#include "ideamine/clock.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::dispatch {

// The highest class is 0.
inline constexpr std::size_t max_classes = 4;
// Resources of which a job may hold something while it runs, and the sets that they make. Which
// resources they are others know.
inline constexpr std::size_t max_resources = 3;
inline constexpr std::size_t max_sets = std::size_t{1} << max_resources;

// A job that may run.
struct Item {
    Uuid job;
    Time ready_at;
    std::uint64_t row : 48;     // where it stood when it became runnable: a hint
    std::uint64_t special : 1;  // whether it may run has to be asked of its row

    bool operator==(const Item&) const = default;
    // What has been ready longer goes first.
    bool operator<(const Item& other) const {
        return ready_at != other.ready_at ? ready_at < other.ready_at : job < other.job;
    }
};

// Items that came, or came back, together, in their order.
struct Chunk {
    Offset next;
    Offset child;         // see runs.hpp
    std::uint32_t begin;  // of what is left
    std::uint32_t end;
    Item items[];  // NOLINT: as many as there are

    const Item& first() const { return items[begin]; }
    const Item& last() const { return items[end - 1]; }
};

inline constexpr std::uint32_t usual_weight = 100;

// How much a tenant has had of a class: what its jobs cost, over its weight. Only differences mean
// anything.
using Pass = std::uint64_t;

// Where a tenant stands in a class: least pass first, of equal ones who has waited longest since.
struct Standing {
    Pass pass;
    std::uint64_t turn;  // the number of when it was served last, or came in

    auto operator<=>(const Standing&) const = default;
};

// The jobs of one tenant, one class and one lane, in the order in which they became runnable.
struct Queue {
    Offset next;  // of its tenant
    Offset tenant;
    Offset lane;
    Offset first;  // chunk: those that came in order, linked
    Offset last;
    Offset late;          // chunk: those that did not, see runs.hpp
    std::uint64_t size;   // items in its chunks
    std::uint32_t place;  // in the order of a class and its lane, from 1; 0: not in it
    std::uint8_t priority_class;
    std::uint8_t served_as;  // the class in whose order that is: its own, or one raised by waiting
    bool has_spilled;        // the table has jobs of it that are not here
    bool is_parked;          // gives nothing for now
    Offset next_parked;
};

struct Tenant {
    Offset next;  // of its bucket
    Offset queues;
    Offset groups;
    std::uint32_t hash;
    std::uint32_t weight;  // its share of what its class gets: 1 to 1000, usually 100
    std::array<Standing, max_classes> standings;
    std::uint16_t id_length;
    char id[];  // NOLINT: as long as it needs to be

    std::string_view id_view() const { return {id, id_length}; }
};

// The standing is copied here, so that comparing follows no offset.
struct Place {
    Standing standing;
    Offset queue;

    auto operator<=>(const Place&) const = default;
};

// The queues of one class and lane that have items: a heap, least standing first.
struct Order {
    Offset places;
    std::uint32_t size;
    std::uint32_t capacity;  // room for all queues that may come to stand here
    std::uint32_t queues;    // so many those are, with or without items
    std::uint32_t dry;  // queues that have spilled and have no items: the table has what goes next
};

// What jobs ask of a worker, and what they need: its name says it, to whoever gave it.
struct Lane {
    Offset next;
    std::array<Order, max_classes> orders;
    std::uint16_t name_length;
    char name[];  // NOLINT: as long as it needs to be

    std::string_view name_view() const { return {name, name_length}; }
};

// A job in the hands of a worker. A lease is named by its job and its epoch; before it is committed
// by its transaction, too: one that is rolled back gives its epoch to another.
//
// Stored as often as there are running jobs, so that nothing is to stand between its parts.
struct Leased {
    Uuid job;
    Uuid worker;
    std::int64_t epoch;
    std::uint64_t row : 48;  // where it stood when the lease began: a hint
    std::uint8_t priority_class = 0;
    std::uint8_t preemptions = 0;   // how often it had to give way; no more than can be told
    std::uint32_t transaction = 0;  // that began it; 0: it was read from the table
    std::uint32_t run = 0;          // a hash of its run's id; 0: it has none
    Time since{};  // its latest checkpoint, or its start: what was done since would be lost
    std::array<std::int64_t, max_resources> holds{};  // in their smallest units

    bool operator==(const Leased& other) const { return job == other.job && epoch == other.epoch; }
    bool operator<(const Leased& other) const {
        return std::tie(job, epoch) < std::tie(other.job, other.epoch);
    }
};
static_assert(sizeof(Leased) == 88);

// What becomes of a lease while it lasts.
struct LeaseChange {
    std::optional<Time> since{};  // of a checkpoint: an older one than is known changes nothing
    std::optional<std::uint8_t> priority_class{};
};

// Leases in the order in which their jobs would give way. The one that would do so first stands
// last, where new ones come in.
struct LeaseList {
    Offset first;
    Offset last;
    Offset latest;  // that came in, if it is still there
};

// Its neighbours in such a list.
struct LeaseLinks {
    Offset before;
    Offset behind;
};

// The running jobs of a tenant that are of one class and hold something of the same resources.
struct Group {
    Offset next;  // of its tenant
    Offset tenant;
    LeaseList leases;
    std::uint8_t priority_class;
    std::uint8_t held;  // of which resources: a bit for each
};

struct Lease {
    Offset next_of_job;  // of its bucket
    Offset next_of_worker;
    Offset previous_of_worker;  // 0: it is the first of its bucket
    Offset group;
    LeaseLinks in_group;
    LeaseLinks in_class;
    std::uint64_t classed;  // by which change of State::changes; 0: by none
    Leased what;
};

struct LeaseTable {
    std::array<Offset, 8192> by_job;  // buckets
    std::array<Offset, 1024> by_worker;
    // Of all tenants: by their class, and by what they hold.
    std::array<std::array<LeaseList, max_sets>, max_classes> by_class;
};

// One installation's plane. Zeroed it is an empty one.
struct State {
    Offset lanes;
    std::array<Offset, 1024> tenants;      // buckets
    std::uint64_t turns;                   // so many turns there have been
    std::array<Pass, max_classes> latest;  // pass of who was served last
    std::uint64_t size;                    // items
    Offset parked;                         // queues
    std::uint32_t spilled;                 // queues that have
    Time aged_at;                          // when it was looked last who has waited for long
    Duration aging_interval;               // that raises a class by one; 0: nothing does
    Offset leases;                         // table
    std::uint64_t leased;                  // leases in it
    std::uint64_t changes;                 // so many changes of leases were announced
};

}  // namespace ideamine::dispatch
