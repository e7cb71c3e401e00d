// Who runs what, for one installation: which jobs may be running, and on which workers.
//
// A cache, like the plane: every job that anybody can see running stands here from before its claim
// is committed until after its end is. Some stand here longer, so that whoever finds one asks its
// row. The caller holds the lock of the plane, and nothing here allocates or frees.
#pragma once

#include <vector>

#include "dispatch/giving_way.hpp"

namespace ideamine::dispatch {

class Leases {
  public:
    // There must be a table (State::leases).
    Leases(State& state, const Memory& memory)
        : state_(state), memory_(memory), table_(memory.at<LeaseTable>(state.leases)) {}

    // A piece with a Lease, of which only what it says and its group are filled in. False: it
    // stands here already.
    bool add(Offset lease);
    // Takes a job's leases out up to an epoch, or the one that a transaction began, linked by
    // `next_of_job`.
    Offset end(const Uuid& job, std::int64_t last);
    Offset undo(const Uuid& job, std::int64_t epoch, std::uint32_t transaction);

    // The group to which a lease would go with another class, if that does not exist.
    struct MissingGroup {
        Offset tenant;
        std::uint8_t priority_class;
        std::uint8_t held;
    };
    std::optional<MissingGroup> missing_group(const Uuid& job, std::int64_t epoch,
                                              std::uint8_t priority_class) const;
    // The leases with this name change. Of changes of a class the one with the largest number
    // holds, whichever comes first. What has no group to go to is taken out, linked by
    // `next_of_job`.
    struct Changed {
        bool is_here;
        Offset removed;
    };
    Changed change(const Uuid& job, std::int64_t epoch, const LeaseChange& change,
                   std::uint64_t number);

    // Where its job stood; 0: it is not here.
    std::uint64_t row_of(const Uuid& job, std::int64_t epoch) const;
    // Appends the leases of a worker, or all, of which each stands once; `found` has room for as
    // many as there are.
    void list_of(const Uuid& worker, std::vector<Leased>& found) const;
    void list(std::vector<Leased>& found) const;
    // In the order in which they would give way, each job once, by its latest lease; see
    // list_yielding().
    void list_yielding(const YieldingQuery& asked, std::vector<Offset>& lists,
                       std::vector<Yielder>& found) const {
        dispatch::list_yielding(table_, memory_, asked, lists, found);
    }

  private:
    Lease& at(Offset lease) const { return memory_.at<Lease>(lease); }
    template <typename Visit>
    void for_each_of(const Uuid& job, Visit visit) const;
    template <typename Pick>
    Offset take_out(const Uuid& job, Pick pick);
    void link_to_worker(Offset lease);
    void unlink_from_worker(const Lease& lease);
    bool try_change(Lease& lease, const LeaseChange& change, std::uint64_t number);

    // Of a job's leases the latest one stands in the order of giving way.
    bool is_in_order(Offset lease) const;
    void put_in_order(Offset lease);
    void take_out_of_order(Offset lease);

    State& state_;
    const Memory& memory_;
    LeaseTable& table_;
};

}  // namespace ideamine::dispatch
