#include "ideamine/pg/sessions.hpp"

#include "ideamine/pg/error.hpp"

extern "C" {
#include "commands/progress.h"
#include "utils/backend_status.h"
}

namespace ideamine::pg {

namespace {

// They count from 1.
const PgBackendStatus& backend_at(int number) {
#if PG_VERSION_NUM >= 160000
    return pgstat_get_local_beentry_by_index(number)->backendStatus;
#else
    return pgstat_fetch_stat_local_beentry(number)->backendStatus;
#endif
}

}  // namespace

bool any_session(bool (*is_meant)(const Session&)) {
    return call([is_meant] {
        const int count = pgstat_fetch_stat_numbackends();
        for (int number = 1; number <= count; ++number) {
            const auto& backend = backend_at(number);
            if (backend.st_databaseid == MyDatabaseId &&
                is_meant({.application_name = backend.st_appname,
                          .copies = backend.st_progress_command == PROGRESS_COMMAND_COPY})) {
                return true;
            }
        }
        return false;
    });
}

}  // namespace ideamine::pg
