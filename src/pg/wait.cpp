#include "ideamine/pg/wait.hpp"

// What the server's headers say of a client's connection needs the headers of these libraries,
// which nobody has to have installed; without them it has the same layout.
#undef ENABLE_GSS
#undef USE_OPENSSL

extern "C" {
#include "libpq/libpq.h"
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

bool has_client() {
    return MyProcPort != nullptr && WaitEventSetCanReportClosed();
}

// Ends the session at the next look for interrupts, as client_connection_check_interval does.
void check_client() {
    if (!pq_check_connection()) {
        ClientConnectionLost = 1;
        InterruptPending = 1;
    }
}

}  // namespace

bool wait_on_latch(std::chrono::milliseconds timeout, const char* event) {
    return call([&] {
        constexpr int always = WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH;
        const int woken =
            WaitLatchOrSocket(MyLatch, has_client() ? always | WL_SOCKET_CLOSED : always,
                              has_client() ? MyProcPort->sock : PGINVALID_SOCKET,
                              static_cast<long>(timeout.count()), wait_event(event));
        ResetLatch(MyLatch);
        if (has_client()) {
            check_client();
        }
        CHECK_FOR_INTERRUPTS();
        return (woken & WL_LATCH_SET) != 0;
    });
}

}  // namespace ideamine::pg
