#include "replay/ledger.hpp"

#include <utility>

namespace replay {

Ledger::Ledger(std::size_t jobs, std::unique_ptr<AckLog> log) : log_(std::move(log)) {
    known_.ids.resize(jobs);
}

void Ledger::created(const std::vector<std::size_t>& jobs, const std::vector<std::string>& ids) {
    std::vector<std::string> lines;
    lines.reserve(jobs.size());
    for (std::size_t place = 0; place < jobs.size(); ++place) {
        lines.push_back("created " + std::to_string(jobs[place]) + ' ' + ids.at(place));
    }
    if (log_) {
        log_->write(lines);
    }
    const std::lock_guard lock(mutex_);
    for (std::size_t place = 0; place < jobs.size(); ++place) {
        known_.ids.at(jobs[place]) = ids[place];
    }
}

void Ledger::leased(const Lease& lease) {
    const std::lock_guard lock(mutex_);
    if (!known_.leased.insert(lease).second) {
        known_.leased_twice.insert(lease);
    }
}

void Ledger::completed(const std::vector<Lease>& leases) {
    std::vector<std::string> lines;
    lines.reserve(leases.size());
    for (const Lease& lease : leases) {
        lines.push_back("completed " + lease.job_id + ' ' + std::to_string(lease.epoch));
    }
    if (log_) {
        log_->write(lines);
    }
    const std::lock_guard lock(mutex_);
    known_.completed.insert(leases.begin(), leases.end());
}

void Ledger::unknown(const std::vector<Lease>& leases) {
    const std::lock_guard lock(mutex_);
    known_.unknown.insert(leases.begin(), leases.end());
}

void Ledger::saved(const Lease& lease, int done) {
    const std::lock_guard lock(mutex_);
    known_.saved[lease] = done;
}

void Ledger::given(const Lease& lease, int done) {
    const std::lock_guard lock(mutex_);
    known_.given[lease] = done;
}

void Ledger::paid(const std::string& key, Nano amount) {
    const std::lock_guard lock(mutex_);
    known_.paid[key] = amount;
}

void Ledger::refused(const Refusal& refusal) {
    const std::lock_guard lock(mutex_);
    known_.refusals.push_back(refusal);
}

Acknowledged Ledger::snapshot() const {
    const std::lock_guard lock(mutex_);
    return known_;
}

}  // namespace replay
