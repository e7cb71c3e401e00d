// Jobs that not every claim may take: of paused queues, of concurrency keys, and votes.
#pragma once

#include "ideamine/pg/spi.hpp"

namespace ideamine::jobs {

using Tids = std::vector<pg::Tid>;

// Where a row stands, as a key.
inline std::uint64_t key_of(const pg::Tid& tid) {
    return static_cast<std::uint64_t>(ItemPointerGetBlockNumber(&tid)) << 16 |
           ItemPointerGetOffsetNumber(&tid);
}

inline pg::Tid tid_of(std::uint64_t key) {
    pg::Tid tid;
    ItemPointerSet(&tid, static_cast<BlockNumber>(key >> 16),
                   static_cast<OffsetNumber>(key & 0xFFFF));
    return tid;
}

// Locked jobs of one tenant, in the order of readiness.
struct Candidates {
    Tids locked;
    Tids counted;  // those of them that have needs or a run
    Tids special;  // those of them that the gate has to look at
    Tids paused;   // those of these whose queue is paused
};

struct Admitted {
    Tids tids;
    Tids aside;  // they are pending no more
};

class Gate {
  public:
    // `may_wait`: for the lock of a concurrency key.
    Gate(const Uuid& worker, bool may_wait);

    // The candidates that this worker may run. Of the special ones those of a paused queue are
    // paused, those whose concurrency key has no room are parked, and a vote for a job of which the
    // worker has another is left alone.
    Admitted admit(const std::string& tenant, const Candidates& candidates);

    // Whether it would let any pass or put any aside, as far as can be seen without waiting.
    bool could_admit(const Candidates& candidates) const;

  private:
    struct Sorting;

    void sort(const std::string& tenant, const Candidates& candidates, Sorting& sorting) const;
    void sort_vote(const std::string& tenant, const pg::Tid& tid, const Uuid& job,
                   Sorting& sorting) const;
    bool may_vote(const std::string& tenant, const Uuid& job) const;
    void ask_keys(const std::string& tenant, Sorting& sorting);

    Uuid worker_;
    bool may_wait_;
    bool has_locked_ = false;
};

}  // namespace ideamine::jobs
