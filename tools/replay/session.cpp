#include "replay/session.hpp"

#include <chrono>
#include <thread>

namespace replay {

Connection connect_to(const Server& server, const RunState& state) {
    constexpr std::chrono::seconds patience{60};
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
