// Keeping still while the database is being restored: a duty that acts on half of the rows would
// make changes that collide with the other half.
//
// Signs of a restore are: CREATE EXTENSION ideamine where it was not, and COPY into its tables
// (utility_hook.cpp), the extension coming into being while the worker runs, a session of
// pg_restore, and a COPY into its tables that is still going on. For ideamine.restore_quiet_period
// after the last of them the worker is idle. So it is after every CREATE EXTENSION, which nothing
// tells from the beginning of a restore.
#pragma once

#include "bgworker/slots.hpp"

namespace ideamine::bgworker {

class RestoreWatch {
  public:
    RestoreWatch(int slot, std::string database) : slot_(slot), database_(std::move(database)) {}

    void note_sign() const { slots::note_restore(database_); }
    // In a transaction, where the extension exists.
    bool restore_under_way(SteadyTime now);

  private:
    int slot_;
    std::string database_;
    SteadyTime looked_{};
    bool restoring_now_ = false;  // as of the last look
};

}  // namespace ideamine::bgworker
