#include "replay/session.hpp"

#include <chrono>
#include <thread>

namespace replay {

Connection connect_to(const Server& server, const RunState& state) {
    // A server that died while it recovered cannot start before its startup process has gone, which
    // waits a minute for a checkpointer.
    constexpr std::chrono::minutes patience{3};
    const auto until = std::chrono::steady_clock::now() + patience;
    while (true) {
        try {
            return Connection(server.dsn);
        } catch (const ConnectionLost& error) {
            if (!server.reconnect || state.stopped() || std::chrono::steady_clock::now() > until) {
                throw Unreachable(error.what());
            }
        }
        pause_before_retry();
    }
}

bool is_passing(const SqlError& error) {
    return error.sqlstate() == "ID503";
}

void pause_before_retry() {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
}

}  // namespace replay
