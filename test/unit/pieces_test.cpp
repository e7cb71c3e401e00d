#include "ideamine/pieces.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <vector>

namespace ideamine {
namespace {

// A region with what was handed out of it, each piece filled with its own byte.
class Region {
  public:
    explicit Region(std::size_t size)
        : words_(size / sizeof(std::uint64_t)), pieces_(Pieces::create(words_.data(), size)) {}

    Pieces& operator*() { return pieces_; }
    Pieces* operator->() { return &pieces_; }

    Pieces::Offset take(std::size_t size) {
        const auto piece = pieces_.allocate(size);
        if (piece != 0) {
            check_place(piece, size);
            std::memset(pieces_.address(piece), filling(piece), size);
            taken_[piece] = size;
        }
        return piece;
    }
    void give_back(Pieces::Offset piece) {
        const auto* const bytes = static_cast<const unsigned char*>(pieces_.address(piece));
        EXPECT_TRUE(std::all_of(bytes, bytes + taken_.at(piece),
                                [piece](auto byte) { return byte == filling(piece); }));
        taken_.erase(piece);
        pieces_.free(piece);
    }
    void give_all_back() {
        while (!taken_.empty()) {
            give_back(taken_.begin()->first);
        }
    }
    const std::map<Pieces::Offset, std::size_t>& taken() const { return taken_; }

  private:
    static unsigned char filling(Pieces::Offset piece) {
        return static_cast<unsigned char>(piece * 31 + piece / 256);
    }
    // Within the region, aligned, and in nobody's place.
    void check_place(Pieces::Offset piece, std::size_t size) {
        const auto* const begin = static_cast<const std::byte*>(pieces_.address(piece));
        const auto* const region = reinterpret_cast<const std::byte*>(words_.data());
        ASSERT_GE(begin, region + sizeof(Pieces));
        ASSERT_LE(begin + size, region + words_.size() * sizeof(std::uint64_t));
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(begin) % Pieces::unit, 0);
        const auto next = taken_.lower_bound(piece);
        ASSERT_TRUE(next == taken_.end() || begin + size <= pieces_.address(next->first));
        if (next != taken_.begin()) {
            const auto& [before, length] = *std::prev(next);
            ASSERT_LE(static_cast<const std::byte*>(pieces_.address(before)) + length, begin);
        }
    }

    std::vector<std::uint64_t> words_;
    Pieces& pieces_;
    std::map<Pieces::Offset, std::size_t> taken_;
};

// As many of that size as there is room for.
std::size_t fill(Region& region, std::size_t size) {
    std::size_t count = 0;
    while (region.take(size) != 0) {
        ++count;
    }
    return count;
}

constexpr std::size_t megabyte = 1024 * 1024;

TEST(Pieces, TakesEightBytesMoreThanItHolds) {
    Region region{megabyte};
    EXPECT_EQ(fill(region, 48), region->capacity() / 56);
    EXPECT_LE(region->in_use(), region->capacity());
    EXPECT_GT(region->in_use(), region->capacity() - 56);
}

TEST(Pieces, OfAnySizeTakesAtMostAThirtySecondMore) {
    for (std::size_t size = 0; size < 20'000; size += size < 400 ? 1 : 61) {
        Region region{megabyte};
        ASSERT_NE(region.take(size), 0);
        ASSERT_GE(region->in_use(), size + 8);
        const auto least = std::max<std::size_t>((size + 15) / 8 * 8, 16);
        ASSERT_LE(region->in_use(), size < 240 ? least : least + least / 32) << size;
    }
}

TEST(Pieces, WhatWasFullIsAsGoodAsNewOnceAllIsFree) {
    Region region{megabyte};
    const auto small = fill(region, 48);
    for (const std::size_t size : {8'000U, 72U, 300U, 0U, 100'000U}) {
        region.give_all_back();
        EXPECT_EQ(region->in_use(), 0);
        EXPECT_GT(fill(region, size), 0);
    }
    region.give_all_back();
    EXPECT_EQ(fill(region, 48), small);
    region.give_all_back();
    EXPECT_NE(region.take(region->capacity() * 31 / 32), 0) << "it is one piece again";
}

TEST(Pieces, WhatIsFreedIsTakenByItsLike) {
    for (const std::size_t size : {48U, 250U, 1'000U, 4'056U, 8'216U, 100'001U}) {
        Region region{megabyte};
        const auto count = fill(region, size);
        std::vector<Pieces::Offset> all;
        for (const auto& [piece, length] : region.taken()) {
            all.push_back(piece);
        }
        for (std::size_t i = 0; i < all.size(); i += 2) {
            region.give_back(all[i]);
        }
        EXPECT_EQ(fill(region, size), (count + 1) / 2) << size;
    }
}

TEST(Pieces, NeighboursBecomeOneInEveryOrder) {
    std::vector<int> order{0, 1, 2, 3};
    do {
        Region region{megabyte};
        std::vector<Pieces::Offset> four;
        for (std::size_t i = 0; i < order.size(); ++i) {
            four.push_back(region.take(200));
        }
        const auto wall = region.take(8);
        fill(region, 20'000);
        fill(region, 8);
        for (const auto i : order) {
            region.give_back(four[static_cast<std::size_t>(i)]);
        }
        EXPECT_EQ(region.take(4 * 208 - 8), four.front());
        EXPECT_LT(four.front(), wall);
    } while (std::ranges::next_permutation(order).found);
}

TEST(Pieces, RefusesWhatCannotBe) {
    Region region{megabyte};
    for (const std::size_t size : {megabyte, megabyte * 2, std::size_t{1} << 31,
                                   std::size_t{1} << 40, SIZE_MAX, SIZE_MAX - 7}) {
        EXPECT_EQ(region.take(size), 0) << size;
    }
    EXPECT_EQ(region->in_use(), 0);
}

// Sizes as a plane has them, and any others, with more and less room.
TEST(Pieces, AnyOrderOfTakingAndGivingBack) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random{seed};
        Region region{64 * 1024 * (1 + seed % 5)};
        std::vector<Pieces::Offset> held;
        for (int i = 0; i < 20'000; ++i) {
            // it fills and empties in turns
            if (held.empty() || random() % 100 < (i / 1'000 % 2 == 0 ? 70U : 30U)) {
                const std::size_t any = random() % (1U << random() % 16);
                const auto piece = region.take(random() % 2 == 0 ? 72 : any);
                if (piece != 0) {
                    held.push_back(piece);
                }
            } else {
                std::swap(held[random() % held.size()], held.back());
                region.give_back(held.back());
                held.pop_back();
            }
        }
        region.give_all_back();
        ASSERT_EQ(region->in_use(), 0);
        ASSERT_NE(region.take(region->capacity() * 31 / 32), 0);
    }
}

}  // namespace
}  // namespace ideamine
