// Reading what may run from a table, by one process while others go on.
#pragma once

#include <map>
#include <unordered_map>

#include "dispatch/dispatch_shared.hpp"
#include "dispatch/leases_shared.hpp"

namespace ideamine::dispatch::shared {

// What whoever asks for work has found so far. Jobs that found no room are read again when nothing
// is left that they should not go before, which is not done all the time where it takes long
// for little; when there is nothing at all, at once.
enum class Found { enough, little, nothing };

class Loading {
  public:
    // Whether the caller is to load: nothing is loaded, or jobs are missing. If so, the caller's
    // snapshot has to be younger than this call.
    static bool begin(Found found);

    void add(const Ready& ready);
    void add(std::string_view tenant, const Leased& leased);
    std::size_t size() const { return read_.size(); }
    // What there is no room for spills, of every queue the latest.
    void finish();

  private:
    struct Read {
        Offset queue;
        Item item;
    };

    Offset known_queue_of(const Ready& ready);
    Offset known_node_of(std::string_view tenant);
    void thin_out();
    std::map<std::uint8_t, std::vector<std::span<const Read>>> by_class() const;
    static std::span<const Read> put_in_place(std::span<const Read> together);

    std::unordered_map<std::string, Offset> queues_;  // by what says which
    std::unordered_map<std::string, Offset> tenants_;
    std::string key_;
    std::vector<Read> read_;
    std::vector<LeaseOf> leases_;
    std::map<Offset, Item> left_out_;  // of each queue the first one: none after it is taken in
    std::uint64_t rows_ = 0;           // that were read
    bool has_missed_ = false;
};

}  // namespace ideamine::dispatch::shared
