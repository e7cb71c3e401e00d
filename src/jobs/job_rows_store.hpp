// Rows of ideamine.jobs by their places, for what is done to every job: acquiring and completing
// it.
#pragma once

#include "ideamine/pg/function.hpp"
#include "ideamine/pg/table.hpp"
#include "jobs/gate_store.hpp"
#include "jobs/lease.hpp"
#include "jobs/priority_class.hpp"
#include "jobs/released_store.hpp"

namespace ideamine::jobs {

class JobRows {
  public:
    // For the time of a scope. Inside a pg::Spi.
    JobRows();

    // Otherwise it takes statements: the catalogue is an older one, or somebody has put triggers on
    // the table.
    bool are_plain() const { return plain_; }

    // Goes to a job's row, if it stands there and the caller can see it.
    bool find(const Uuid& job, const pg::Tid& tid);
    // Goes to a row that this transaction has locked.
    void find_locked(const pg::Tid& tid);
    bool try_lock() { return table_.try_lock(); }

    // Of the row that was found, until the next one is.
    bool is_ready() const;
    bool runs_by(Epoch epoch) const;
    // Whether a gate has to look at it.
    bool is_special() const;
    // Whether ending its attempt changes what indexes know.
    bool takes_statement() const;
    bool is_counted() const;
    bool has_dependents() const;
    std::optional<Uuid> quorum_of() const;
    std::string_view tenant() const;
    std::string_view queue() const;
    PriorityClass served_as() const;
    Epoch epoch() const;
    Holding holding() const;
    pg::Tid tid() const { return table_.tid(); }

    // A worker gets the row that was found, which is locked, and the answer of acquire_jobs() a
    // row.
    dispatch::Leased lease(const Uuid& worker, Epoch first_epoch, Time now, Duration lease,
                           pg::Returned& returned);
    // False: somebody else has locked or changed it.
    bool try_complete(Time now, const std::optional<pg::Json>& result);

  private:
    bool has_key() const;
    quota::LeaseDemand demand() const;

    pg::Table table_{"jobs"};
    bool plain_;
};

}  // namespace ideamine::jobs
