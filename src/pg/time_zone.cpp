#include "ideamine/pg/time_zone.hpp"

namespace ideamine::pg {

namespace {

pg_time_t seconds_of(Time at) {
    return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

TimeZone::TimeZone(const std::string& name)
    : zone_(call([&name] { return static_cast<const pg_tz*>(pg_tzset(name.c_str())); })) {
    if (zone_ == nullptr || !pg_tz_acceptable(const_cast<pg_tz*>(zone_))) {
        throw ideamine::Error(Code::invalid_argument, "unknown time zone", {},
                              "The view pg_timezone_names lists those there are.");
    }
}

std::chrono::seconds TimeZone::offset_at(Time at) const {
    const auto seconds = seconds_of(at);
    return std::chrono::seconds{pg_localtime(&seconds, zone_)->tm_gmtoff};
}

std::optional<Time> TimeZone::next_change(Time at) const {
    const auto seconds = seconds_of(at);
    long before = 0;
    long after = 0;
    int is_dst_before = 0;
    int is_dst_after = 0;
    pg_time_t boundary = 0;
    const int found = pg_next_dst_boundary(&seconds, &before, &is_dst_before, &boundary, &after,
                                           &is_dst_after, zone_);
    return found == 1 ? std::optional{Time{std::chrono::seconds{boundary}}} : std::nullopt;
}

}  // namespace ideamine::pg
