#include "bgworker/restore_watch.hpp"

#include "bgworker/settings.hpp"
#include "ideamine/pg/sessions.hpp"
#include "ideamine/pg/spi.hpp"

namespace ideamine::bgworker {

namespace {

// A look costs more than a pass of a duty that finds nothing to do.
constexpr std::chrono::seconds between_looks{1};

// Anybody can call himself pg_restore; who cannot write the extension's tables is not believed.
constinit pg::Statement restoring_sessions{R"(
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_stat_activity AS session
        JOIN pg_catalog.pg_extension AS extension ON extension.extname = 'ideamine'
        WHERE session.datname = pg_catalog.current_database()
          AND session.application_name = 'pg_restore'
          AND pg_catalog.pg_has_role(session.usesysid, extension.extowner, 'USAGE')
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_stat_progress_copy AS copy
        JOIN pg_catalog.pg_class AS relation ON relation.oid = copy.relid
        JOIN pg_catalog.pg_namespace AS schema ON schema.oid = relation.relnamespace
        WHERE copy.datname = pg_catalog.current_database()
          AND copy.command = 'COPY FROM'
          AND schema.nspname IN ('ideamine', 'ideamine_internal')
    ))"};

// Whether it is worth while to ask.
bool may_restore(const pg::Session& session) {
    return session.application_name == "pg_restore" || session.copies;
}

bool is_restoring() {
    return pg::any_session(may_restore) && restoring_sessions.execute()[0].get<bool>(0);
}

}  // namespace

bool RestoreWatch::restore_under_way(SteadyTime now) {
    if (now - looked_ >= between_looks) {
        looked_ = now;
        restoring_now_ = is_restoring();
        if (restoring_now_) {
            note_sign();
        }
    }
    const auto seen = slots::restore_seen(slot_);
    return restoring_now_ ||
           (seen != SteadyTime{} && now < seen + settings::restore_quiet_period());
}

}  // namespace ideamine::bgworker
