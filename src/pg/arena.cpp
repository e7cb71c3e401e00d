#include "ideamine/pg/arena.hpp"

namespace ideamine::pg {

namespace {

// Without pg::call: what LWLockAcquire() may raise is that a process holds 200 locks.
class PiecesLock {
  public:
    explicit PiecesLock(LWLock* lock, LWLockMode mode = LW_EXCLUSIVE) : lock_(lock) {
        LWLockAcquire(lock_, mode);
    }
    ~PiecesLock() { LWLockRelease(lock_); }
    PiecesLock(const PiecesLock&) = delete;
    PiecesLock& operator=(const PiecesLock&) = delete;

  private:
    LWLock* lock_;
};

}  // namespace

// In the postmaster.
void Arena::create(SharedArea& shared) {
    auto& arena = static_cast<Arena&>(shared);
    Pieces::create(arena.memory(), arena.size());
}

Arena::Offset Arena::allocate(std::size_t size) {
    const PiecesLock lock{this->lock()};
    return pieces().allocate(size);
}

void Arena::free(Offset piece) {
    const PiecesLock lock{this->lock()};
    pieces().free(piece);
}

std::size_t Arena::in_use() const {
    const PiecesLock lock{this->lock(), LW_SHARED};
    return pieces().in_use();
}

}  // namespace ideamine::pg
