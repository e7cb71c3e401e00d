// From the dispatch plane to rows: what was taken is locked, and looked at once more.
#pragma once

#include <map>
#include <set>

#include "dispatch/loading_shared.hpp"
#include "jobs/claim_store.hpp"
#include "jobs/gate_store.hpp"
#include "jobs/quota_gate_store.hpp"

namespace ideamine::jobs {

// For one claimant, in one call. Inside a pg::Spi.
class TakenJobs {
  public:
    explicit TakenJobs(const Claimant& claimant);

    // Takes so many from the plane, and locks those that may still run and that nobody else has
    // locked. Returns how many were taken.
    std::size_t take(std::size_t wanted);
    // Of those that are locked some that all gates let pass, up to so many: they are the caller's
    // if its transaction commits. In the order in which they were taken. To be called while
    // is_open(), with those leased that it returned before: gates count them.
    struct Batch {
        Tids tids;
        std::vector<dispatch::Offset> tenants;  // of each its node
        bool has_special;                       // such as the gate has looked at
    };
    Batch admit(std::size_t most);
    bool is_open() const { return next_ != locked_.end(); }
    // How many of those that are locked may run some time, but not now.
    std::size_t refused() const { return refused_; }
    // Of those that are locked.
    Epoch latest_epoch() const { return latest_epoch_; }

    // Others may take what was not admitted. At the end.
    void give_back_rest() const;

    // Whether there is any that the claimant could run, without taking it.
    bool could_take_any();

  private:
    struct Locked {
        dispatch::shared::Hand hand;
        pg::Tid tid;
        bool is_special;
        bool is_paused;
        bool is_counted;
    };
    using Keys = std::set<std::uint64_t>;  // see key_of()
    // The class with which jobs were taken, or a higher one that they have by now; and the tenant.
    using Group = std::pair<PriorityClass, std::string>;

    bool take_some(std::size_t wanted, dispatch::Plane::Dry dry);
    bool load_once_if_due(dispatch::shared::Found found);
    void take_first(std::size_t wanted);
    void lock();
    bool lock_directly();
    void lock_by_statement();
    void lock_moved();
    void forget_gone();
    void add_locked(const pg::Row& row);
    void add_locked(PriorityClass own_class, const std::string& tenant, Epoch epoch,
                    const Locked& locked);
    QuotaLine& line_of(const Group& group);
    void admit_group(const Group& group, const std::vector<Locked>& locked, std::size_t most,
                     std::map<dispatch::shared::Hand, pg::Tid>& admitted);
    bool could_admit_any();
    static Keys set_aside_closed(const std::string& tenant, const std::vector<Locked>& locked);
    static Candidates candidates_of(const std::vector<Locked>& locked, const Keys& aside);

    const Claimant& claimant_;
    std::vector<std::string> lanes_;
    Gate gate_;
    QuotaGate quota_;
    std::optional<dispatch::shared::Hand> very_first_;
    dispatch::shared::Hands hands_;
    std::map<Uuid, dispatch::shared::Hand> open_;  // taken, and not locked
    std::map<Group, std::vector<Locked>> locked_;
    std::map<Group, std::vector<Locked>>::const_iterator next_ = locked_.end();
    bool has_loaded_ = false;
    std::size_t refused_ = 0;
    std::map<Group, QuotaLine> quota_lines_;
    Epoch latest_epoch_ = 0;
};

}  // namespace ideamine::jobs
