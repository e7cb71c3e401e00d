// Time zones of the server, for days.
#pragma once

#include "ideamine/pg/time_zone.hpp"
#include "quota/day.hpp"

namespace ideamine::quota {

class ServerZone final : public Zone {
  public:
    explicit ServerZone(const std::string& name) : zone_(name) {}

    std::chrono::seconds offset_at(Time at) const override { return zone_.offset_at(at); }
    std::optional<Time> next_change(Time at) const override { return zone_.next_change(at); }

  private:
    pg::TimeZone zone_;
};

}  // namespace ideamine::quota
