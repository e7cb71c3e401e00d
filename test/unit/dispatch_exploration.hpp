// All that can happen in a small world of the dispatch plane (see dispatch_world.hpp).
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "dispatch_world.hpp"

namespace ideamine::dispatch::world {

// Goes all ways that a world can go, each state once, until something does not hold.
class Exploration {
  public:
    explicit Exploration(const Rules& rules) : rules_(rules) {
        try {
            visit(World{rules_});
        } catch (const std::exception& error) {
            violation_ = error.what();
        }
    }

    std::size_t states() const { return seen_.size(); }
    const std::string& violation() const { return violation_; }
    // How it came to that.
    std::string schedule() const;

  private:
    void visit(const World& world);
    std::size_t follow(const World& world, const Move& move);

    const Rules& rules_;
    std::unordered_set<std::string> seen_;
    std::vector<Move> moves_;
    std::string violation_;
};

}  // namespace ideamine::dispatch::world
