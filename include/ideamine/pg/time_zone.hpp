// Time zones, as the server knows them.
#pragma once

#include "ideamine/clock.hpp"
#include "ideamine/pg/error.hpp"

extern "C" {
#include "pgtime.h"
}

namespace ideamine::pg {

class TimeZone {
  public:
    // Throws ID400 if the server knows no zone of that name.
    explicit TimeZone(const std::string& name);

    // East of Greenwich is positive.
    std::chrono::seconds offset_at(Time at) const;
    // The next time after `at` from which another offset may hold.
    std::optional<Time> next_change(Time at) const;

  private:
    const pg_tz* zone_;
};

}  // namespace ideamine::pg
