#include "connection.hpp"

#include <poll.h>

#include <stdexcept>

Connection::Connection() : raw_{PQconnectdb(""), PQfinish} {
    if (PQstatus(raw_.get()) != CONNECTION_OK) {
        fail();
    }
}

void Connection::fail() const {
    throw std::runtime_error(PQerrorMessage(raw_.get()));
}

Rows Connection::check(PGresult* raw) {
    Rows rows{raw};
    const auto status = PQresultStatus(raw);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_COPY_IN) {
        fail();
    }
    return rows;
}

Rows Connection::query(const std::string& sql) {
    return check(PQexec(raw_.get(), sql.c_str()));
}

void Connection::prepare(const char* name, const char* sql) {
    check(PQprepare(raw_.get(), name, sql, 0, nullptr));
}

Rows Connection::execute(const char* name, const std::vector<std::string>& values) {
    std::vector<const char*> pointers;
    pointers.reserve(values.size());
    for (const auto& value : values) {
        pointers.push_back(value.c_str());
    }
    return check(PQexecPrepared(raw_.get(), name, static_cast<int>(pointers.size()),
                                pointers.data(), nullptr, nullptr, 0));
}

void Connection::copy(const std::string& sql, const std::string& lines) {
    query(sql);
    if (PQputCopyData(raw_.get(), lines.data(), static_cast<int>(lines.size())) != 1 ||
        PQputCopyEnd(raw_.get(), nullptr) != 1) {
        fail();
    }
    while (PGresult* result = PQgetResult(raw_.get())) {
        check(result);
    }
}

void Connection::wait_for_notification() {
    for (;;) {
        if (PGnotify* heard = PQnotifies(raw_.get())) {
            PQfreemem(heard);
            return;
        }
        pollfd socket{PQsocket(raw_.get()), POLLIN, 0};
        poll(&socket, 1, -1);
        if (PQconsumeInput(raw_.get()) != 1) {
            fail();
        }
    }
}
