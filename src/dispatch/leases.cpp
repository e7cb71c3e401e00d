#include "dispatch/leases.hpp"

#include <cstring>
#include <utility>

namespace ideamine::dispatch {

namespace {

// The last bytes of a version 7 UUID are random.
template <std::size_t size>
Offset& bucket_of(std::array<Offset, size>& buckets, const Uuid& id) {
    std::uint64_t random = 0;
    std::memcpy(&random, id.bytes.data() + id.bytes.size() - sizeof(random), sizeof(random));
    return buckets[random % size];
}

}  // namespace

bool Leases::add(Offset offset) {
    auto& lease = memory_.at<Lease>(offset);
    auto& of_job = bucket_of(table_.by_job, lease.what.job);
    for (auto other = of_job; other != 0; other = memory_.at<Lease>(other).next_of_job) {
        const auto& what = memory_.at<Lease>(other).what;
        if (what == lease.what && what.transaction == lease.what.transaction) {
            return false;
        }
    }
    lease.next_of_job = std::exchange(of_job, offset);
    auto& of_worker = bucket_of(table_.by_worker, lease.what.worker);
    lease.previous_of_worker = 0;
    lease.next_of_worker = std::exchange(of_worker, offset);
    if (lease.next_of_worker != 0) {
        memory_.at<Lease>(lease.next_of_worker).previous_of_worker = offset;
    }
    ++state_.leased;
    return true;
}

void Leases::unlink_from_worker(const Lease& lease) {
    if (lease.next_of_worker != 0) {
        memory_.at<Lease>(lease.next_of_worker).previous_of_worker = lease.previous_of_worker;
    }
    if (lease.previous_of_worker != 0) {
        memory_.at<Lease>(lease.previous_of_worker).next_of_worker = lease.next_of_worker;
    } else {
        bucket_of(table_.by_worker, lease.what.worker) = lease.next_of_worker;
    }
}

template <typename Pick>
Offset Leases::take_out(const Uuid& job, Pick pick) {
    Offset removed = 0;
    for (auto* link = &bucket_of(table_.by_job, job); *link != 0;) {
        auto& lease = memory_.at<Lease>(*link);
        if (lease.what.job != job || !pick(lease.what)) {
            link = &lease.next_of_job;
            continue;
        }
        unlink_from_worker(lease);
        const auto next = std::exchange(lease.next_of_job, removed);
        removed = std::exchange(*link, next);
        --state_.leased;
    }
    return removed;
}

Offset Leases::end(const Uuid& job, std::int64_t last) {
    return take_out(job, [last](const Leased& leased) { return leased.epoch <= last; });
}

Offset Leases::undo(const Uuid& job, std::int64_t epoch, std::uint32_t transaction) {
    return take_out(job, [=](const Leased& leased) {
        return leased.epoch == epoch && leased.transaction == transaction;
    });
}

std::uint64_t Leases::row_of(const Uuid& job, std::int64_t epoch) const {
    for (auto offset = bucket_of(table_.by_job, job); offset != 0;) {
        const auto& lease = memory_.at<Lease>(offset);
        if (lease.what.job == job && lease.what.epoch == epoch) {
            return lease.what.row;
        }
        offset = lease.next_of_job;
    }
    return 0;
}

void Leases::list_of(const Uuid& worker, std::vector<Leased>& found) const {
    for (auto offset = bucket_of(table_.by_worker, worker); offset != 0;) {
        const auto& lease = memory_.at<Lease>(offset);
        if (lease.what.worker == worker) {
            found.push_back(lease.what);
        }
        offset = lease.next_of_worker;
    }
}

void Leases::list(std::vector<Leased>& found) const {
    for (auto offset : table_.by_worker) {
        while (offset != 0) {
            const auto& lease = memory_.at<Lease>(offset);
            found.push_back(lease.what);
            offset = lease.next_of_worker;
        }
    }
}

}  // namespace ideamine::dispatch
