#include "ideamine/pg/shared_state.hpp"

namespace ideamine::pg {

namespace {

constinit SharedArea* first_area = nullptr;
constinit shmem_request_hook_type next_request_hook = nullptr;
constinit shmem_startup_hook_type next_startup_hook = nullptr;

}  // namespace

void SharedArea::reserve() {
    if (first_area == nullptr) {
        next_request_hook = std::exchange(shmem_request_hook, request_all);
        next_startup_hook = std::exchange(shmem_startup_hook, start_all);
    }
    next_ = std::exchange(first_area, this);
}

void SharedArea::zero(SharedArea& area) {
    std::memset(area.memory_, 0, area.size_);
}

void SharedArea::request_all() {
    if (next_request_hook != nullptr) {
        next_request_hook();
    }
    for (const auto* area = first_area; area != nullptr; area = area->next_) {
        RequestAddinShmemSpace(MAXALIGN(area->size_));
        RequestNamedLWLockTranche(area->name_, area->locks_);
    }
}

void SharedArea::start_all() {
    if (next_startup_hook != nullptr) {
        next_startup_hook();
    }
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    for (auto* area = first_area; area != nullptr; area = area->next_) {
        bool found = false;
        area->memory_ = ShmemInitStruct(area->name_, area->size_, &found);
        area->tranche_ = GetNamedLWLockTranche(area->name_);
        if (!found) {
            area->prepare_(*area);
        }
    }
    LWLockRelease(AddinShmemInitLock);
}

void SharedArea::check_available() const {
    if (!available()) {
        throw ideamine::Error(
            Code::unavailable, "ideamine is not loaded at server start",
            "This function keeps state in shared memory, which is reserved when the server starts.",
            "Add shared_preload_libraries = 'ideamine' to postgresql.conf and restart the server.");
    }
}

}  // namespace ideamine::pg
