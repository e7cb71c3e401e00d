// Who runs what, for one installation: which jobs may be running, and on which workers.
//
// A cache, like the plane: every job that anybody can see running stands here from before its claim
// is committed until after its end is. Some stand here longer, so that whoever finds one asks its
// row. The caller holds the lock of the plane, and nothing here allocates or frees.
#pragma once

#include <vector>

#include "dispatch/nodes.hpp"

namespace ideamine::dispatch {

class Leases {
  public:
    // There must be a table (State::leases).
    Leases(State& state, const Memory& memory)
        : state_(state), memory_(memory), table_(memory.at<LeaseTable>(state.leases)) {}

    // A piece with a Lease, of which only what it says is filled in. False: it stands here already.
    bool add(Offset lease);
    // Takes a job's leases out up to an epoch, or the one that a transaction began, linked by
    // `next_of_job`.
    Offset end(const Uuid& job, std::int64_t last);
    Offset undo(const Uuid& job, std::int64_t epoch, std::uint32_t transaction);
    // Where its job stood; 0: it is not here.
    std::uint64_t row_of(const Uuid& job, std::int64_t epoch) const;
    // Appends the leases of a worker, or all, of which each stands once; `found` has room for as
    // many as there are.
    void list_of(const Uuid& worker, std::vector<Leased>& found) const;
    void list(std::vector<Leased>& found) const;

  private:
    template <typename Pick>
    Offset take_out(const Uuid& job, Pick pick);
    void unlink_from_worker(const Lease& lease);

    State& state_;
    const Memory& memory_;
    LeaseTable& table_;
};

}  // namespace ideamine::dispatch
