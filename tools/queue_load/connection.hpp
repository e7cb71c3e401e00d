#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

// Rows of one answer; text only, which is all that this program needs.
class Rows {
  public:
    explicit Rows(PGresult* raw) : raw_{raw, PQclear} {}
    int count() const { return PQntuples(raw_.get()); }
    const char* at(int row, int column) const { return PQgetvalue(raw_.get(), row, column); }
    bool is_null(int row, int column) const { return PQgetisnull(raw_.get(), row, column) == 1; }

  private:
    std::unique_ptr<PGresult, decltype(&PQclear)> raw_;
};

// A connection to the server that the environment names. What the server refuses is an exception.
class Connection {
  public:
    Connection();

    void run(const char* sql) { query(sql); }
    Rows query(const std::string& sql);
    void prepare(const char* name, const char* sql);
    Rows execute(const char* name, const std::vector<std::string>& values);
    // Lines in the format of COPY, in one go.
    void copy(const std::string& sql, const std::string& lines);

    void wait_for_notification();

  private:
    Rows check(PGresult* raw);
    [[noreturn]] void fail() const;

    std::unique_ptr<PGconn, decltype(&PQfinish)> raw_;
};
