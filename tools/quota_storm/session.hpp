// One connection to the server.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace storm {

// The server, or somebody on it, has ended the connection.
class Gone : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A statement ended in an error.
class Failed : public std::runtime_error {
  public:
    Failed(const std::string& message, std::string sqlstate)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
    const std::string& sqlstate() const noexcept { return sqlstate_; }

  private:
    std::string sqlstate_;
};

// As a literal of SQL; without quotes in it.
std::string literal(const std::string& text);

using Row = std::vector<std::string>;  // NULL is empty
using Rows = std::vector<Row>;

class Session {
  public:
    explicit Session(const std::string& dsn);

    Rows run(const std::string& sql);
    // In two steps, with time in between.
    void send(const std::string& sql);
    Rows receive();

    int process() const { return PQbackendPID(connection_.get()); }
    // Asks the server to stop the statement that was sent.
    void cancel() const;
    // Goes without a word, as a client that was killed.
    void vanish();

  private:
    Rows rows_of(PGresult* raw);

    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

}  // namespace storm
