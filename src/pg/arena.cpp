#include "ideamine/pg/arena.hpp"

namespace ideamine::pg {

// In the postmaster.
void Arena::create(SharedArea& shared) {
    auto& arena = static_cast<Arena&>(shared);
    Pieces::create(arena.memory(), arena.size());
}

Arena::Offset Arena::allocate(std::size_t size) {
    const LockGuard guard{lock()};
    return pieces().allocate(size);
}

void Arena::free(Offset piece) {
    const LockGuard guard{lock()};
    pieces().free(piece);
}

std::size_t Arena::in_use() const {
    const LockGuard guard{lock(), LW_SHARED};
    return pieces().in_use();
}

}  // namespace ideamine::pg
