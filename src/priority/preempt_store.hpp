// Ending the leases of running jobs so that others can run, or asking their workers to do so.
#pragma once

#include "ideamine/pg/spi.hpp"
#include "jobs/settle_store.hpp"
#include "priority/legality.hpp"
#include "quota/needs.hpp"

namespace ideamine::priority {

// Why, as history says it.
struct Cause {
    std::string reason;
    std::optional<quota::Resource> resource = {};  // that was short
    std::optional<double> threshold = {};          // share of it from which on a rule holds
    std::optional<double> utilization = {};        // share of it that was in use
    std::optional<Uuid> beneficiary = {};          // the job that is to run instead
};

struct Victim {
    std::string tenant;
    Uuid job;
    jobs::Epoch epoch;
    std::optional<Uuid> worker;
    std::optional<Uuid> run;
    pg::Tid tid;
    Attempt attempt;
    quota::Needs needs;
};

// The columns of read_victim().
#define IDEAMINE_VICTIM                                  \
    "tenant_id, job_id, epoch, worker_id, run_id, ctid," \
    " least(priority_class, inherited_class)::text,"     \
    " preemptions, resumed_at, started_at, needs"
Victim read_victim(const pg::Row& row);

// A job whose row is locked from now on, if it is running. Inside a pg::Spi.
std::optional<Victim> lock_running(const std::string& tenant, const Uuid& job);
// The same of several, without those that somebody else has locked, that run by another lease, or
// whose workers were asked to stop.
std::vector<Victim> try_lock_running(const std::vector<std::string>& tenants,
                                     const std::vector<Uuid>& jobs,
                                     const std::vector<jobs::Epoch>& epochs);

// Their leases end now: each is put aside, with this checkpoint if there is one, and its worker is
// told at its next heartbeat. Rows are locked, legality is the caller's business. Inside a pg::Spi.
void preempt(const std::vector<Victim>& victims, const Cause& cause,
             const std::optional<pg::Json>& checkpoint = {});

// Their workers are told at their next heartbeats, and hand them back before this time, or the
// leases end then. The same.
void ask_to_stop(const std::vector<Victim>& victims, const Cause& cause, Time stop_by);

// They have given way so often that they fail instead. The same.
void fail_at_limit(const std::vector<Victim>& victims);

// What becomes of all that are chosen in a round, for several causes: written as each is decided,
// and ended together by the last call, because that may lock what is to be locked last.
class Decisions {
  public:
    void preempt(const std::vector<Victim>& victims, const Cause& cause);
    void fail(const std::vector<Victim>& victims);
    void end_leases() const;

  private:
    std::vector<jobs::Ending> endings_;
};

// One pass of the duty that ends leases whose workers were asked to stop before `at`. Returns how
// many.
std::int64_t end_graces(Time at);

}  // namespace ideamine::priority
