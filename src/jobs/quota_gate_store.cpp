#include "jobs/quota_gate_store.hpp"

#include <map>

#include "jobs/released_store.hpp"

namespace ideamine::jobs {

namespace {

constinit pg::Statement list_demands{
    "SELECT j.ctid, " IDEAMINE_DEMAND
    " FROM unnest($1) AS locked (tid) JOIN ideamine.jobs j ON j.ctid = locked.tid",
    pg::Statement::Kind::writes_by_tid};

// A backlog of jobs that do not fit is not walked to its end at each claim.
constexpr std::size_t most_refused = 512;

std::map<std::uint64_t, quota::LeaseDemand> read_demands(const Tids& counted) {
    std::map<std::uint64_t, quota::LeaseDemand> demands;
    for (const pg::Row row : list_demands.execute(counted)) {
        demands[key_of(row.get<pg::Tid>(0))] = Released::read_demand(row, 1);
    }
    return demands;
}

// A job that does not fit lets none pass that needs the same.
class Line {
  public:
    bool lets_pass(const quota::LeaseDemand& demand) const {
        return std::ranges::none_of(quota::leasable, [&](quota::Resource resource) {
            return demand.needs[resource] > 0 && waited_for_[resource] > 0;
        });
    }
    void hold_back(const quota::LeaseDemand& demand) {
        for (const auto resource : quota::leasable) {
            waited_for_[resource] = std::max(waited_for_[resource], demand.needs[resource]);
        }
    }

  private:
    quota::Needs waited_for_;
};

}  // namespace

QuotaGate::QuotaGate(PriorityClass priority_class)
    : throttling_(priority_class == PriorityClass::p0 ? quota::Throttling::ignored
                                                      : quota::Throttling::honoured) {}

bool QuotaGate::could_admit(const std::string& tenant, bool needy,
                            const std::function<pg::Rows()>& first_in_line) const {
    if (!counts_leases_) {
        return true;
    }
    const auto standing = quota::standing(tenant, throttling_);
    if (standing == quota::Standing::throttled) {
        return false;
    }
    if (standing == quota::Standing::open && !needy) {
        return true;
    }
    Line line;
    for (const pg::Row row : first_in_line()) {
        const auto demand = Released::read_demand(row, 0);
        if (line.lets_pass(demand) && quota::could_lease(tenant, demand, throttling_)) {
            return true;
        }
        line.hold_back(demand);
    }
    return false;
}

Tids QuotaGate::admit(const std::string& tenant, const Tids& jobs, const Tids& counted) {
    if (!counts_leases_ || jobs.empty()) {
        return jobs;
    }
    Tids admitted;
    if (counted.empty()) {
        const auto fitting =
            quota::lease_plain(tenant, static_cast<std::int64_t>(jobs.size()), throttling_);
        admitted.assign(jobs.begin(), jobs.begin() + fitting);
    } else {
        const auto demands = read_demands(counted);
        Line line;
        for (const auto& tid : jobs) {
            const auto found = demands.find(key_of(tid));
            const auto demand = found == demands.end() ? quota::LeaseDemand{} : found->second;
            if (line.lets_pass(demand) && quota::lease(tenant, demand, throttling_)) {
                admitted.push_back(tid);
            } else {
                line.hold_back(demand);
            }
        }
    }
    refused_ += jobs.size() - admitted.size();
    gives_up_ = refused_ > most_refused || (counted.empty() && admitted.size() < jobs.size());
    return admitted;
}

}  // namespace ideamine::jobs
