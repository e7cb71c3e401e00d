// Reading what may run from a table, by one process while others go on.
#pragma once

#include "dispatch/dispatch_shared.hpp"

namespace ideamine::dispatch::shared {

class Loading {
  public:
    // Whether the caller is to load: nothing is loaded, or jobs are missing. `found_little`: so few
    // are left that those count which found no room. If so, the caller's snapshot has to be
    // younger than this call.
    static bool begin(bool found_little);

    void add(const Ready& ready);
    // What there is no room for spills, of every queue the latest.
    void finish();

  private:
    struct Read {
        Offset queue;
        Item item;
    };

    void thin_out();
    std::vector<std::span<const Read>> by_queue() const;
    static void put_in_place(std::span<const Read> together);

    std::vector<Read> read_;
    bool has_missed_ = false;
};

}  // namespace ideamine::dispatch::shared
