#include "ideamine/pg/wait.hpp"

extern "C" {
#include "utils/wait_event.h"
}

namespace ideamine::pg {

namespace {

std::uint32_t wait_event([[maybe_unused]] const char* name) {
#if PG_VERSION_NUM >= 170000
    return WaitEventExtensionNew(name);
#else
    return PG_WAIT_EXTENSION;
#endif
}

}  // namespace

bool wait_on_latch(std::chrono::milliseconds timeout, const char* event) {
    return call([&] {
        const int woken = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
                                    static_cast<long>(timeout.count()), wait_event(event));
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
        return (woken & WL_LATCH_SET) != 0;
    });
}

}  // namespace ideamine::pg
