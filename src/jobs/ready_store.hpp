// Where the jobs are that may be acquired: a walk along the index jobs_ready.
#pragma once

#include <set>

#include "jobs/claim_store.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/quota_gate_store.hpp"

namespace ideamine::jobs {

// What jobs require, as the array literal that the index begins with.
using Lane = std::string;

// Where a job stands in the order of one tenant and class.
struct Position {
    Time ready_at;
    Uuid job;

    auto operator<=>(const Position&) const = default;
};
inline constexpr Position beginning{Time::min(), {}};
inline constexpr Position end{Time::max(), {}};

// The job that is next in one lane of a tenant.
struct Head {
    Position position;
    Lane lane;
    bool is_needy;  // it needs something of its tenant's quotas

    auto operator<=>(const Head&) const = default;
};

// A tenant with runnable jobs of one class, and where they are: the one that is ready longest
// first.
struct Turn {
    std::string tenant;
    std::set<Head> heads;
};

// For one claimant, one class after the other. Inside a pg::Spi.
class ReadyJobs {
  public:
    explicit ReadyJobs(const Claimant& claimant) : claimant_(claimant) {}

    // Looks what jobs require; before anything else, and when there may be new ones.
    void find_lanes();

    void begin_class(PriorityClass priority_class);
    QuotaGate& quota() { return quota_; }
    const char* class_name() const { return class_name_; }

    // The first tenant after this one that has any for the claimant.
    std::optional<Turn> turn_after(const std::string& tenant) const;
    // Drops the heads that its quotas let not pass. False if none is left.
    bool drop_refused(Turn& turn) const;
    std::optional<Head> find_head(const std::string& tenant, const Lane& lane,
                                  const Position& from) const;
    // Is there one that is not a vote on what this worker votes on already?
    bool has_any(const Turn& turn) const;

  private:
    std::optional<Turn> turn_of(const std::string& tenant) const;

    const Claimant& claimant_;
    std::vector<Lane> lanes_;
    const char* class_name_ = "";
    QuotaGate quota_{PriorityClass::p0};
};

}  // namespace ideamine::jobs
