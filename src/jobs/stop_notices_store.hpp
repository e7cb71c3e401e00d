// What workers are told at their next heartbeats: which jobs they are to stop, and why.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/lease.hpp"

namespace ideamine::jobs {

// As columns of a statement.
class StopNotices {
  public:
    // The reason is not copied.
    void add(const std::optional<Uuid>& worker, const std::string& tenant, const Uuid& job,
             Epoch epoch, const char* reason) {
        workers_.push_back(worker);
        tenants_.push_back(tenant);
        jobs_.push_back(job);
        epochs_.push_back(epoch);
        reasons_.push_back(reason);
    }

    enum class To {
        whoever_had_it,      // whatever became of that worker
        those_who_may_hear,  // and not who has ended, or is not known
    };
    // Of a lease of which its worker is to be told already, the last reason holds. Inside a
    // pg::Spi.
    void send(To recipients, Time now) const;

  private:
    std::vector<std::optional<Uuid>> workers_;
    std::vector<std::string> tenants_;
    std::vector<Uuid> jobs_;
    std::vector<Epoch> epochs_;
    std::vector<const char*> reasons_;
};

}  // namespace ideamine::jobs
