#include "ideamine/pieces.hpp"

#include <algorithm>
#include <new>

namespace ideamine {

// ---- classes -----------------------------------------------------------------------------------

// The class whose pieces are at least as large as its least size, and smaller than the next one's.
Pieces::Class Pieces::class_of(std::uint32_t size) {
    if (size < steps) {
        return {.level = 0, .step = size};
    }
    const auto width = static_cast<unsigned>(std::bit_width(size));
    return {.level = width - step_bits, .step = (size >> (width - 1 - step_bits)) & (steps - 1)};
}

// The least size of a class that is enough: then any piece of that class is, and none has to be
// looked for.
std::uint32_t Pieces::rounded(std::uint32_t size) {
    if (size < steps) {
        return size;
    }
    const auto below = (1U << (std::bit_width(size) - 1 - static_cast<int>(step_bits))) - 1;
    return (size + below) & ~below;
}

// ---- pieces ------------------------------------------------------------------------------------

void Pieces::set_size(Offset piece, std::uint32_t size) {
    header(piece).size = size;
    if (!is_last(piece)) {
        header(next_of(piece)).before = size;
    }
}

void Pieces::put_in(Offset piece) {
    const auto size = class_of(header(piece).size);
    auto& first = head(size);
    links(piece) = {.next = first, .previous = 0};
    if (first != 0) {
        links(first).previous = piece;
    }
    first = piece;
    header(piece).is_free = 1;
    used_steps_[size.level] |= 1U << size.step;
    used_levels_ |= 1U << size.level;
}

void Pieces::take_out(Offset piece) {
    const auto size = class_of(header(piece).size);
    const auto [next, previous] = links(piece);
    if (next != 0) {
        links(next).previous = previous;
    }
    (previous != 0 ? links(previous).next : head(size)) = next;
    header(piece).is_free = 0;
    if (head(size) == 0) {
        used_steps_[size.level] &= ~(1U << size.step);
        if (used_steps_[size.level] == 0) {
            used_levels_ &= ~(1U << size.level);
        }
    }
}

// A free piece of that size's class, or of the next one that has any.
Pieces::Offset Pieces::find(std::uint32_t size) const {
    auto [level, step] = class_of(size);
    auto fitting = used_steps_[level] & (UINT32_MAX << step);
    if (fitting == 0) {
        const auto above = level + 1 < levels ? used_levels_ & (UINT32_MAX << (level + 1)) : 0;
        if (above == 0) {
            return 0;
        }
        level = static_cast<unsigned>(std::countr_zero(above));
        fitting = used_steps_[level];
    }
    return heads_[level][static_cast<unsigned>(std::countr_zero(fitting))];
}

// ---- the region --------------------------------------------------------------------------------

Pieces& Pieces::create(void* region, std::size_t size) {
    auto& pieces = *new (region) Pieces{};
    const auto begin = static_cast<Offset>((sizeof(Pieces) + unit - 1) / unit);
    const auto units = static_cast<std::uint32_t>(std::min(size, most) / unit);
    pieces.capacity_ = units - begin;
    pieces.end_ = units + 1;
    const Offset all = begin + 1;
    pieces.header(all) = {.before = 0, .size = pieces.capacity_, .is_free = 0};
    pieces.put_in(all);
    return pieces;
}

Pieces::Offset Pieces::allocate(std::size_t size) {
    if (size >= capacity()) {
        return 0;
    }
    const auto units = static_cast<std::uint32_t>((size + sizeof(Header) + unit - 1) / unit);
    const auto wanted = rounded(std::max(units, least));
    const auto piece = wanted <= capacity_ ? find(wanted) : 0;
    if (piece == 0) {
        return 0;
    }
    take_out(piece);
    const std::uint32_t rest = header(piece).size - wanted;
    if (rest >= least) {
        header(piece).size = wanted;
        const auto other = piece + wanted;
        header(other).before = wanted;
        set_size(other, rest);
        put_in(other);
    }
    in_use_ += header(piece).size;
    return piece;
}

void Pieces::free(Offset piece) {
    in_use_ -= header(piece).size;
    if (!is_last(piece) && header(next_of(piece)).is_free != 0) {
        const auto next = next_of(piece);
        take_out(next);
        set_size(piece, header(piece).size + header(next).size);
    }
    const auto before = header(piece).before;
    if (before != 0 && header(piece - before).is_free != 0) {
        const auto size = header(piece).size;
        piece -= before;
        take_out(piece);
        set_size(piece, before + size);
    }
    put_in(piece);
}

}  // namespace ideamine
