// libpq behind a small face: owned, and its errors as exceptions. One thread at a time.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <istream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace replay {

// The connection could not be made, or broke. What was asked last may or may not have been done.
class ConnectionLost : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The server refused; nothing of that statement was done.
class SqlError : public std::runtime_error {
  public:
    // `message` has everything for people, `detail` is a part of it.
    SqlError(std::string sqlstate, const std::string& message, std::string detail)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)), detail_(std::move(detail)) {}

    const std::string& sqlstate() const { return sqlstate_; }
    const std::string& detail() const { return detail_; }

  private:
    std::string sqlstate_;
    std::string detail_;
};

class Result {
  public:
    explicit Result(PGresult* result) : result_(result, &PQclear) {}

    int rows() const { return PQntuples(result_.get()); }
    bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
    std::string text(int row, int column) const { return PQgetvalue(result_.get(), row, column); }
    std::int64_t integer(int row, int column) const { return std::stoll(text(row, column)); }
    bool boolean(int row, int column) const { return text(row, column) == "t"; }
    const PGresult* get() const { return result_.get(); }

  private:
    std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

class Connection {
  public:
    // `dsn` may be empty: the PG* environment says where.
    explicit Connection(const std::string& dsn);

    // Runs one statement with text parameters $1, $2, …
    Result run(const std::string& statement, const std::vector<std::string>& parameters = {});
    // Runs a COPY … FROM STDIN with what `source` holds.
    void copy_in(const std::string& statement, std::istream& source);
    // Cuts the line without the word of good-bye that closing would send.
    void vanish();

  private:
    Result check(PGresult* result);
    [[noreturn]] void lost() const;

    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

}  // namespace replay
