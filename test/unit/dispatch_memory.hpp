// Memory of a plane that can be copied with all that stands in it: each copy goes its own way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "dispatch/memory.hpp"

namespace ideamine::dispatch {

class CopiedMemory final : public Memory {
  public:
    // Takes the first place that is free, as an arena would: what is freed too early is soon
    // somebody else's.
    Offset allocate(std::size_t size) override {
        if (asked_++ == failing_) {
            return 0;
        }
        const auto words = (size + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t);
        auto place = std::ranges::find(pieces_, nullptr);
        if (place == pieces_.end()) {
            place = pieces_.insert(place, nullptr);
        }
        *place = std::make_shared<Words>(words);
        std::memset((*place)->data(), 0xa5, words * sizeof(std::max_align_t));
        return static_cast<Offset>(place - pieces_.begin()) + 1;
    }
    void free(Offset piece) override {
        if (pieces_.at(piece - 1) == nullptr) {
            throw std::logic_error("a piece of memory is freed twice");
        }
        pieces_[piece - 1] = nullptr;
    }

    std::size_t count() const {
        return pieces_.size() - static_cast<std::size_t>(std::ranges::count(pieces_, nullptr));
    }
    // Counts from now on how many pieces are asked for; the one with this number finds no room.
    static constexpr std::size_t none = SIZE_MAX;
    void watch(std::size_t failing = none) {
        asked_ = 0;
        failing_ = failing;
    }
    std::size_t asked() const { return asked_; }

  private:
    using Words = std::vector<std::max_align_t>;

    // Copies share what neither has looked at since.
    void* address(Offset piece) const override {
        auto& words = pieces_.at(piece - 1);
        if (words == nullptr) {
            throw std::logic_error("a piece of memory is used that is not there");
        }
        if (words.use_count() > 1) {
            words = std::make_shared<Words>(*words);
        }
        return words->data();
    }

    mutable std::vector<std::shared_ptr<Words>> pieces_;
    std::size_t asked_ = 0;
    std::size_t failing_ = none;
};

}  // namespace ideamine::dispatch
