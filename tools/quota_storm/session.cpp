#include "quota_storm/session.hpp"

#include <sys/socket.h>

#include <array>

namespace storm {

namespace {

std::string message_of(const PGconn* connection) {
    return PQerrorMessage(connection);
}

// The server says one of these before it closes the connection.
bool ends_connection(const std::string& sqlstate) {
    return sqlstate.starts_with("08") || sqlstate == "57P01" || sqlstate == "57P02" ||
           sqlstate == "57P03";
}

}  // namespace

std::string literal(const std::string& text) {
    return "'" + text + "'";
}

Session::Session(const std::string& dsn) : connection_(PQconnectdb(dsn.c_str()), &PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        throw Gone(message_of(connection_.get()));
    }
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    run("SET application_name = 'quota_storm'");
}

Rows Session::run(const std::string& sql) {
    send(sql);
    return receive();
}

void Session::send(const std::string& sql) {
    if (PQsendQuery(connection_.get(), sql.c_str()) != 1) {
        throw Gone(message_of(connection_.get()));
    }
}

Rows Session::receive() {
    Rows rows;
    std::string error;
    std::string sqlstate;
    while (PGresult* raw = PQgetResult(connection_.get())) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{raw, PQclear};
        const auto status = PQresultStatus(raw);
        if (status == PGRES_TUPLES_OK) {
            rows = rows_of(raw);
        } else if (status != PGRES_COMMAND_OK) {
            const char* code = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
            sqlstate = code == nullptr ? "08006" : code;
            error = PQresultErrorMessage(raw);
        }
    }
    if (PQstatus(connection_.get()) != CONNECTION_OK || ends_connection(sqlstate)) {
        throw Gone(error);
    }
    if (!sqlstate.empty()) {
        throw Failed(error, sqlstate);
    }
    return rows;
}

Rows Session::rows_of(PGresult* raw) {
    Rows rows;
    for (int i = 0; i < PQntuples(raw); ++i) {
        auto& row = rows.emplace_back();
        for (int column = 0; column < PQnfields(raw); ++column) {
            row.emplace_back(PQgetvalue(raw, i, column));
        }
    }
    return rows;
}

void Session::cancel() const {
    const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> request{PQgetCancel(connection_.get()),
                                                                     PQfreeCancel};
    std::array<char, 256> error{};
    PQcancel(request.get(), error.data(), static_cast<int>(error.size()));
}

void Session::vanish() {
    ::shutdown(PQsocket(connection_.get()), SHUT_RDWR);
    connection_.reset();
}

}  // namespace storm
