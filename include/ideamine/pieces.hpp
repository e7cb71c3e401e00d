// A region of memory that is handed out in pieces, by two-level segregated fit (Masmano and others,
// "TLSF: A New Dynamic Memory Allocator for Real-Time Systems", 2004): both take the time of some
// memory accesses, however full it is, and neighbours that are free are one again at once. So what
// has been freed can be used for anything, and a region that was full is as good as new.
//
// The region describes itself: several processes may use it, at any address, one at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ideamine {

class Pieces {
  public:
    // Where a piece is, in units from the beginning of the region; 0 is none. Pieces are aligned to
    // a unit.
    using Offset = std::uint32_t;
    static constexpr std::size_t unit = 8;  // bytes
    // More of a region than this, nearly 16 GB, is not used.
    static constexpr std::size_t most = (std::size_t{1} << 31) * unit - unit;

    // Makes the region one free piece. It is aligned to a unit, and holds `size` bytes, of which
    // the description takes 4 kB.
    static Pieces& create(void* region, std::size_t size);

    // 0: there is no room. A piece takes 8 bytes more than it holds; where it holds more than 256
    // bytes, up to 1/32 more.
    Offset allocate(std::size_t size);
    void free(Offset piece);

    void* address(Offset piece) { return reinterpret_cast<std::byte*>(this) + piece * unit; }
    // Bytes, with what pieces take beside what they hold.
    std::size_t in_use() const { return in_use_ * unit; }
    std::size_t capacity() const { return capacity_ * unit; }

    Pieces(const Pieces&) = delete;
    Pieces& operator=(const Pieces&) = delete;

  private:
    Pieces() = default;

    // In front of each piece, free or not. Sizes are in units, with this header.
    struct Header {
        std::uint32_t before;  // size of the piece in front of it; 0: it is the first
        std::uint32_t size : 31;
        std::uint32_t is_free : 1;
    };
    static_assert(sizeof(Header) == unit);

    // In a free piece: its neighbours among those of its class.
    struct Links {
        Offset next;
        Offset previous;
    };
    static constexpr std::uint32_t least = 2;  // a header and links

    // Sizes below `steps` units have a class each; above, each power of two has as many classes.
    static constexpr unsigned step_bits = 5;
    static constexpr unsigned steps = 1U << step_bits;
    static constexpr unsigned levels = 31 - step_bits + 1;
    struct Class {
        unsigned level;
        unsigned step;
    };

    static Class class_of(std::uint32_t size);
    static std::uint32_t rounded(std::uint32_t size);

    Header& header(Offset piece) { return *(static_cast<Header*>(address(piece)) - 1); }
    Links& links(Offset piece) { return *static_cast<Links*>(address(piece)); }
    Offset& head(Class size) { return heads_[size.level][size.step]; }
    Offset next_of(Offset piece) { return piece + header(piece).size; }
    bool is_last(Offset piece) { return next_of(piece) == end_; }
    Offset find(std::uint32_t size) const;
    void put_in(Offset piece);
    void take_out(Offset piece);
    void set_size(Offset piece, std::uint32_t size);

    std::uint32_t capacity_;
    std::uint32_t in_use_;
    Offset end_;  // where the piece after the last one would be
    // Which levels, and which steps of each, have free pieces.
    std::uint32_t used_levels_;
    std::array<std::uint32_t, levels> used_steps_;
    std::array<std::array<Offset, steps>, levels> heads_;
};

}  // namespace ideamine
