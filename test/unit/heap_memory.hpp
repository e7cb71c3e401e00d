// Memory of a plane, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <memory>

#include "dispatch/memory.hpp"

namespace ideamine::dispatch {

// Pieces of the heap, with room for so many bytes.
class Heap final : public Memory {
  public:
    explicit Heap(std::size_t room = SIZE_MAX) : room_(room) {}

    Offset allocate(std::size_t size) override {
        if (size > room_ - used_) {
            return 0;
        }
        used_ += size;
        const auto words = (size + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t);
        pieces_[++last_] = {size, std::make_unique<std::max_align_t[]>(words)};
        return last_;
    }
    void free(Offset piece) override {
        const auto found = pieces_.find(piece);
        ASSERT_NE(found, pieces_.end()) << "freed twice, or never allocated";
        used_ -= found->second.first;
        pieces_.erase(found);
    }
    std::size_t pieces() const { return pieces_.size(); }

  private:
    void* address(Offset piece) const override { return pieces_.at(piece).second.get(); }

    std::size_t room_;
    std::size_t used_ = 0;
    Offset last_ = 0;
    std::map<Offset, std::pair<std::size_t, std::unique_ptr<std::max_align_t[]>>> pieces_;
};

}  // namespace ideamine::dispatch
