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

// Of one job.
bool is_later(const Leased& one, const Leased& other) {
    return std::tie(one.epoch, one.transaction) > std::tie(other.epoch, other.transaction);
}

// What the table said of a lease is as old as the walk through it.
void take_over(Lease& read, const Lease& known) {
    read.what.since = known.what.since;
    read.what.priority_class = known.what.priority_class;
    read.group = known.group;
    read.classed = known.classed;
}

}  // namespace

template <typename Visit>
void Leases::for_each_of(const Uuid& job, Visit visit) const {
    for (auto offset = bucket_of(table_.by_job, job); offset != 0;
         offset = at(offset).next_of_job) {
        if (at(offset).what.job == job) {
            visit(offset);
        }
    }
}

bool Leases::add(Offset offset) {
    auto& lease = at(offset);
    bool is_here = false;
    Offset latest = 0;
    for_each_of(lease.what.job, [&](Offset other) {
        const auto& standing = at(other);
        is_here = is_here || (standing.what == lease.what &&
                              standing.what.transaction == lease.what.transaction);
        latest = latest == 0 || is_later(standing.what, at(latest).what) ? other : latest;
    });
    if (is_here) {
        return false;
    }
    lease.in_group = lease.in_class = {};
    lease.classed = 0;
    lease.next_of_job = std::exchange(bucket_of(table_.by_job, lease.what.job), offset);
    link_to_worker(offset);
    ++state_.leased;
    if (latest == 0) {
        put_in_order(offset);
        return true;
    }
    if (lease.what.transaction == 0 && at(latest).what == lease.what) {
        take_over(lease, at(latest));
    }
    if (is_later(lease.what, at(latest).what)) {
        take_out_of_order(latest);
        put_in_order(offset);
    }
    return true;
}

void Leases::link_to_worker(Offset offset) {
    auto& lease = at(offset);
    auto& of_worker = bucket_of(table_.by_worker, lease.what.worker);
    lease.previous_of_worker = 0;
    lease.next_of_worker = std::exchange(of_worker, offset);
    if (lease.next_of_worker != 0) {
        at(lease.next_of_worker).previous_of_worker = offset;
    }
}

void Leases::unlink_from_worker(const Lease& lease) {
    if (lease.next_of_worker != 0) {
        at(lease.next_of_worker).previous_of_worker = lease.previous_of_worker;
    }
    if (lease.previous_of_worker != 0) {
        at(lease.previous_of_worker).next_of_worker = lease.next_of_worker;
    } else {
        bucket_of(table_.by_worker, lease.what.worker) = lease.next_of_worker;
    }
}

template <typename Pick>
Offset Leases::take_out(const Uuid& job, Pick pick) {
    Offset removed = 0;
    Offset latest = 0;  // of those that stay
    for (auto* link = &bucket_of(table_.by_job, job); *link != 0;) {
        const auto offset = *link;
        auto& lease = at(offset);
        if (lease.what.job != job || !pick(lease.what)) {
            const bool is_latest =
                lease.what.job == job && (latest == 0 || is_later(lease.what, at(latest).what));
            latest = is_latest ? offset : latest;
            link = &lease.next_of_job;
            continue;
        }
        take_out_of_order(offset);
        unlink_from_worker(lease);
        const auto next = std::exchange(lease.next_of_job, removed);
        removed = std::exchange(*link, next);
        --state_.leased;
    }
    if (removed != 0 && latest != 0) {
        put_in_order(latest);
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
        const auto& lease = at(offset);
        if (lease.what.job == job && lease.what.epoch == epoch) {
            return lease.what.row;
        }
        offset = lease.next_of_job;
    }
    return 0;
}

void Leases::list_of(const Uuid& worker, std::vector<Leased>& found) const {
    for (auto offset = bucket_of(table_.by_worker, worker); offset != 0;) {
        const auto& lease = at(offset);
        if (lease.what.worker == worker) {
            found.push_back(lease.what);
        }
        offset = lease.next_of_worker;
    }
}

void Leases::list(std::vector<Leased>& found) const {
    for (auto offset : table_.by_worker) {
        while (offset != 0) {
            const auto& lease = at(offset);
            found.push_back(lease.what);
            offset = lease.next_of_worker;
        }
    }
}

// ---- the order of giving way -------------------------------------------------------------------

bool Leases::is_in_order(Offset offset) const {
    const auto& lease = at(offset);
    return lease.in_group.before != 0 || memory_.at<Group>(lease.group).leases.first == offset;
}

void Leases::put_in_order(Offset offset) {
    auto& group = memory_.at<Group>(at(offset).group);
    if (!can_give_way(group.priority_class) || is_in_order(offset)) {
        return;
    }
    LeaseOrder{group.leases, &Lease::in_group, memory_}.insert(offset);
    LeaseOrder{table_.by_class[group.priority_class][group.held], &Lease::in_class, memory_}.insert(
        offset);
}

void Leases::take_out_of_order(Offset offset) {
    if (!is_in_order(offset)) {
        return;
    }
    auto& group = memory_.at<Group>(at(offset).group);
    LeaseOrder{group.leases, &Lease::in_group, memory_}.remove(offset);
    LeaseOrder{table_.by_class[group.priority_class][group.held], &Lease::in_class, memory_}.remove(
        offset);
}

std::optional<Leases::MissingGroup> Leases::missing_group(const Uuid& job, std::int64_t epoch,
                                                          std::uint8_t priority_class) const {
    std::optional<MissingGroup> missing;
    for_each_of(job, [&](Offset offset) {
        const auto& group = memory_.at<Group>(at(offset).group);
        if (at(offset).what.epoch == epoch &&
            find_group(memory_, group.tenant, priority_class, group.held) == 0) {
            missing = {
                .tenant = group.tenant, .priority_class = priority_class, .held = group.held};
        }
    });
    return missing;
}

// False: there is no group for it.
bool Leases::try_change(Lease& lease, const LeaseChange& change, std::uint64_t number) {
    lease.what.since = std::max(lease.what.since, change.since.value_or(lease.what.since));
    if (!change.priority_class || number < lease.classed) {
        return true;
    }
    const auto& group = memory_.at<Group>(lease.group);
    const auto other = find_group(memory_, group.tenant, *change.priority_class, group.held);
    if (other != 0) {
        lease.group = other;
        lease.what.priority_class = *change.priority_class;
        lease.classed = number;
    }
    return other != 0;
}

Leases::Changed Leases::change(const Uuid& job, std::int64_t epoch, const LeaseChange& change,
                               std::uint64_t number) {
    bool is_here = false;
    bool has_group = true;
    Offset latest = 0;
    for_each_of(job, [&](Offset offset) {
        auto& lease = at(offset);
        if (lease.what.epoch == epoch) {
            is_here = true;
            take_out_of_order(offset);
            has_group = try_change(lease, change, number) && has_group;
        }
        latest = latest == 0 || is_later(lease.what, at(latest).what) ? offset : latest;
    });
    if (!has_group) {
        const auto is_changed = [epoch](const Leased& leased) { return leased.epoch == epoch; };
        return {.is_here = true, .removed = take_out(job, is_changed)};
    }
    if (is_here) {
        put_in_order(latest);
    }
    return {.is_here = is_here, .removed = 0};
}

}  // namespace ideamine::dispatch
