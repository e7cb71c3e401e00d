// A piece of shared memory with a lock of its own.
//
// Declared as `constinit pg::Shared<T> name{"ideamine …"}`, reserved by reserve() while the library
// is preloaded, and used through get(). T is plain data without pointers of this process; memory is
// zeroed before its first use, and a zeroed T must be valid.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

class SharedArea {
  public:
    // `prepare` is called once, in the postmaster, when the memory is there.
    using Prepare = void (*)(SharedArea& area);
    constexpr SharedArea(const char* name, std::size_t size, int locks = 1, Prepare prepare = zero)
        : name_(name), size_(size), locks_(locks), prepare_(prepare) {}

    // In _PG_init, while the postmaster loads its libraries.
    void reserve();
    // The same with a size that a setting says.
    void reserve(std::size_t size) {
        size_ = size;
        reserve();
    }
    bool available() const { return memory_ != nullptr; }
    // Throws ID503 with the configuration line that is missing.
    void check_available() const;
    LWLock* lock(int number = 0) const { return &tranche_[number].lock; }
    // For locks that lie inside the memory, see LWLockInitialize().
    int tranche() const { return tranche_->lock.tranche; }
    std::size_t size() const { return size_; }

  protected:
    void* memory() const { return memory_; }

  private:
    static void zero(SharedArea& area);
    static void request_all();
    static void start_all();

    const char* name_;
    std::size_t size_;
    int locks_;
    Prepare prepare_;
    void* memory_ = nullptr;
    LWLockPadded* tranche_ = nullptr;
    SharedArea* next_ = nullptr;
};

template <typename T>
class Shared : public SharedArea {
    static_assert(std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>);

  public:
    constexpr explicit Shared(const char* name) : SharedArea(name, sizeof(T)) {}

    T& get() const {
        check_available();
        return *static_cast<T*>(memory());
    }
};

// Holds a lock of shared memory for a scope. Nothing that may raise a server error is allowed
// meanwhile (no pg::call): an ERROR zeroes the interrupt hold-off count that a release then lowers.
// Taking it may be done where nothing may fail: all that the server may raise is that a process
// holds 200 of them.
class LockGuard {
  public:
    explicit LockGuard(LWLock* lock, LWLockMode mode = LW_EXCLUSIVE) : lock_(lock) {
        LWLockAcquire(lock, mode);
    }
    ~LockGuard() { LWLockRelease(lock_); }
    LockGuard(const LockGuard&) = delete;
    LockGuard& operator=(const LockGuard&) = delete;

  private:
    LWLock* lock_;
};

}  // namespace ideamine::pg
