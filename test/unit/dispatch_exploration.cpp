#include "dispatch_exploration.hpp"

namespace ideamine::dispatch::world {

void Exploration::visit(const World& world) {
    if (!seen_.insert(world.code()).second) {
        return;
    }
    world.check();
    if (world.is_quiet()) {
        World{world}.drain();
    }
    for (auto move : world.moves()) {
        const auto could_fail = follow(world, move);
        for (move.failing = 0; move.failing < could_fail; ++move.failing) {
            follow(world, move);
        }
    }
}

std::size_t Exploration::follow(const World& world, const Move& move) {
    moves_.push_back(move);
    World next{world};
    next.play(move);
    const auto could_fail = next.could_fail();
    visit(next);
    moves_.pop_back();
    return could_fail;
}

std::string Exploration::schedule() const {
    World world{rules_};
    std::string schedule;
    for (const auto& move : moves_) {
        schedule += "\n  " + world.describe(move);
        try {
            world.play(move);
        } catch (const std::exception&) {
            break;
        }
    }
    return schedule;
}

}  // namespace ideamine::dispatch::world
