#include "access/caller_store.hpp"
#include "bgworker/settings.hpp"
#include "bgworker/waiting.hpp"
#include "ideamine/pg/database.hpp"
#include "ideamine/pg/function.hpp"

using namespace ideamine;

namespace {

struct Request {
    std::string database;
    bgworker::SteadyTime deadline;
};

bool named_in_settings(const std::string& database) {
    const auto databases = bgworker::settings::databases();
    return databases && std::ranges::find(*databases, database) != databases->end();
}

std::optional<std::int32_t> process_of(const bgworker::Slot& slot) {
    return slot.worker == 0 ? std::nullopt : std::optional{static_cast<std::int32_t>(slot.worker)};
}

const char* state_of(const bgworker::Slot& slot) {
    if (slot.detached) {
        return "detached";
    }
    if (slot.holds > 0) {
        return "held";
    }
    return slot.ready ? "working" : "starting";
}

Request request_of(const pg::Arguments& arguments) {
    auto database = arguments.optional<std::string>(0);
    const auto timeout = arguments.required<Duration>(1, "timeout");
    if (timeout < Duration::zero() || timeout > std::chrono::hours{1}) {
        throw Error(Code::invalid_argument, "timeout must be between 0 and 1 hour");
    }
    if (!database) {
        database = pg::current_database();
    }
    if (!named_in_settings(*database)) {
        throw Error(Code::unknown,
                    "no background worker is configured for database \"" + *database + "\"", {},
                    "Add the database to ideamine.databases in postgresql.conf and reload the "
                    "configuration.");
    }
    return {*std::move(database), bgworker::SteadyClock::now() + timeout};
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_get_background_workers) {
    return pg::boundary([&] {
        access::require_platform("get_background_workers()");
        const pg::Arguments arguments{fcinfo};
        bgworker::slots::check_available();
        pg::Returned returned{arguments};
        for (const auto& slot : bgworker::slots::read_all()) {
            if (slot.used()) {
                returned.add(std::string{slot.database}, process_of(slot), state_of(slot));
            }
        }
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_detach_worker) {
    return pg::boundary([&] {
        access::require_platform("detach_worker()");
        bgworker::slots::check_available();
        const auto request = request_of(pg::Arguments{fcinfo});
        // the launcher may not have made the slot yet, if the server or the setting is new
        bool detached = false;
        const bool gone = bgworker::wait_until(request.deadline, "IdeamineDetachWorker", [&] {
            detached = detached || bgworker::slots::detach(request.database);
            return detached && bgworker::worker_is_gone(request.database);
        });
        return BoolGetDatum(gone);
    });
}

IDEAMINE_FUNCTION(ideamine_attach_worker) {
    return pg::boundary([&] {
        access::require_platform("attach_worker()");
        bgworker::slots::check_available();
        const auto request = request_of(pg::Arguments{fcinfo});
        bool attached = false;
        const bool ready = bgworker::wait_until(request.deadline, "IdeamineAttachWorker", [&] {
            attached = attached || bgworker::slots::attach(request.database);
            const auto slot = bgworker::slots::find(request.database);
            return slot && slot->ready;
        });
        return BoolGetDatum(ready);
    });
}
