// A connection that is made again when it breaks, where that was asked for.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "replay/connection.hpp"
#include "replay/run_state.hpp"

namespace replay {

struct Server {
    std::string dsn;
    bool reconnect = false;
};

// No connection could be made, for as long as it was worth trying.
class Unreachable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// With Server::reconnect it goes on trying for three minutes, or until the run has stopped.
Connection connect_to(const Server& server, const RunState& state);

// The server has just started and is not quite ready: worth another try under Server::reconnect.
bool is_passing(const SqlError& error);

void pause_before_retry();

class Session {
  public:
    Session(Server server, RunState& state) : server_(std::move(server)), state_(state) {}

    // Calls `work(connection)` until it gets through. After a loss it is called again from its
    // start, and has to find out by itself what the call before has done.
    template <class Work>
    auto retry(Work work) {
        while (true) {
            try {
                return work(connection());
            } catch (const ConnectionLost&) {
                if (!server_.reconnect) {
                    throw;
                }
                ++state_.tally.reconnects;
            } catch (const SqlError& error) {
                if (!server_.reconnect || !is_passing(error)) {
                    throw;
                }
            }
            connection_.reset();
            pause_before_retry();
        }
    }

    // The next call gets a new connection: this one is in a transaction that has failed.
    void forget() { connection_.reset(); }

  private:
    Connection& connection() {
        if (!connection_) {
            connection_.emplace(connect_to(server_, state_));
        }
        return *connection_;
    }

    Server server_;
    RunState& state_;
    std::optional<Connection> connection_;
};

}  // namespace replay
