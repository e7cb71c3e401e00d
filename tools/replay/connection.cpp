#include "replay/connection.hpp"

#include <sys/socket.h>

#include <array>
#include <string_view>
#include <utility>

namespace replay {

namespace {

std::string trimmed(const char* message) {
    std::string text = message == nullptr ? "" : message;
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
}

// The server says one of these before it closes the connection.
bool ends_connection(std::string_view sqlstate) {
    return sqlstate.starts_with("08") || sqlstate == "57P01" || sqlstate == "57P02" ||
           sqlstate == "57P03";
}

PGconn* connect(const std::string& dsn) {
    const std::array keywords{"dbname", "fallback_application_name", "connect_timeout",
                              static_cast<const char*>(nullptr)};
    const std::array values{dsn.empty() ? nullptr : dsn.c_str(), "replay", "10",
                            static_cast<const char*>(nullptr)};
    return PQconnectdbParams(keywords.data(), values.data(), 1);
}

// A crash of the server warns every connection; what matters comes as an error.
void ignore_notice(void* /*unused*/, const char* /*unused*/) {}

std::string describe(const PGresult* result) {
    std::string message = trimmed(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    const std::array<std::pair<const char*, int>, 3> parts{{{"\nDETAIL: ", PG_DIAG_MESSAGE_DETAIL},
                                                            {"\nHINT: ", PG_DIAG_MESSAGE_HINT},
                                                            {"\nCONTEXT: ", PG_DIAG_CONTEXT}}};
    for (const auto& [title, field] : parts) {
        const std::string text = trimmed(PQresultErrorField(result, field));
        if (!text.empty()) {
            message += title + text;
        }
    }
    return message;
}

}  // namespace

Connection::Connection(const std::string& dsn) : connection_(connect(dsn), &PQfinish) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        lost();
    }
    PQsetNoticeProcessor(connection_.get(), &ignore_notice, nullptr);
}

Result Connection::run(const std::string& statement, const std::vector<std::string>& parameters) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const std::string& parameter : parameters) {
        values.push_back(parameter.c_str());
    }
    return check(PQexecParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()),
                              nullptr, values.data(), nullptr, nullptr, 0));
}

void Connection::copy_in(const std::string& statement, std::istream& source) {
    check(PQexec(connection_.get(), statement.c_str()));
    std::array<char, 65'536> buffer{};
    while (source.read(buffer.data(), buffer.size()) || source.gcount() > 0) {
        if (PQputCopyData(connection_.get(), buffer.data(), static_cast<int>(source.gcount())) !=
            1) {
            lost();
        }
    }
    // An error message makes the server give the COPY up.
    if (PQputCopyEnd(connection_.get(), source.bad() ? "the source cannot be read" : nullptr) !=
        1) {
        lost();
    }
    check(PQgetResult(connection_.get()));
    // The protocol wants the end of the results read before the next statement.
    while (PGresult* rest = PQgetResult(connection_.get())) {
        PQclear(rest);
    }
}

void Connection::vanish() {
    ::shutdown(PQsocket(connection_.get()), SHUT_RDWR);
    connection_.reset();
}

Result Connection::check(PGresult* raw) {
    Result result(raw);
    switch (PQresultStatus(result.get())) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_COPY_IN:
            return result;
        default:
            break;
    }
    const std::string sqlstate = trimmed(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE));
    if (sqlstate.empty() || ends_connection(sqlstate) ||
        PQstatus(connection_.get()) != CONNECTION_OK) {
        lost();
    }
    throw SqlError(sqlstate, describe(result.get()),
                   trimmed(PQresultErrorField(result.get(), PG_DIAG_MESSAGE_DETAIL)));
}

void Connection::lost() const {
    throw ConnectionLost(trimmed(PQerrorMessage(connection_.get())));
}

}  // namespace replay
