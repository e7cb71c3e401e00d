// When workers were last heard of, since their rows were written: a sign of life is noted here, and
// the row follows at a low rate.
//
// A note counts as long as its row says what it said when the note was made; whoever has written
// the row since, by whatever means, is right. What finds no room here is written to the row. The
// caller holds a lock. Plain data: zeroed it is empty.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ideamine/clock.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::workers {

struct WorkerKey {
    std::uint64_t installation;
    Uuid worker;

    bool operator==(const WorkerKey&) const = default;
};

class Beats {
  public:
    // From when on this knows of all signs of life; does nothing but the first time.
    void begin(Time now);

    // A sign of life of a worker whose row says `written`. The first is for whoever holds the row,
    // the second makes no new note. False: it has to be written to the row.
    bool note(const WorkerKey& key, Time written, Time now);
    bool extend(const WorkerKey& key, Time written, Time now);

    // When a worker was last heard of whose row says `written`.
    Time latest(const WorkerKey& key, Time written) const;
    // The same in its favour: before begin() it may have been heard of up to `lag` after what the
    // row says, which nobody knows any more.
    Time latest_possible(const WorkerKey& key, Time written, Duration lag) const;

    // The worker is given up: from now on extend() refuses.
    void forget(const WorkerKey& key);

    static constexpr std::size_t ways = 8;  // notes that a bucket has room for
    static constexpr std::size_t buckets = 1024;

  private:
    struct Note {
        WorkerKey key;
        Time written;
        Time latest;
    };
    using Bucket = std::array<Note, ways>;

    Bucket& bucket_of(const WorkerKey& key);
    const Note* find(const WorkerKey& key) const;
    Note* find(const WorkerKey& key);

    Time since_;
    std::array<Bucket, buckets> notes_;
};

}  // namespace ideamine::workers
