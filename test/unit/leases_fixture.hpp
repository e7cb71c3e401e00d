// Leases with a table, tenants and groups, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "dispatch/leases.hpp"
#include "dispatch/plane.hpp"
#include "heap_memory.hpp"

namespace ideamine::dispatch {

inline Uuid id(std::uint8_t number) {
    Uuid id;
    id.bytes.back() = number;
    return id;
}

class LeasesTest : public testing::Test {
  protected:
    LeasesTest() {
        state_->leases = heap_.allocate(sizeof(LeaseTable));
        heap_.at<LeaseTable>(state_->leases) = {};
    }

    Leases leases() { return {*state_, heap_}; }
    LeaseTable& table() { return heap_.at<LeaseTable>(state_->leases); }

    Offset tenant_of(const std::string& name) {
        const auto hash = static_cast<std::uint32_t>(name.size());
        auto node = make_tenant(heap_, name, hash);
        const auto tenant = Plane{*state_, heap_}.make_tenant(name, hash, node);
        free_node(node);
        return tenant;
    }
    Offset group_of(Offset tenant, std::uint8_t priority_class, std::uint8_t held) {
        auto node = make_group(heap_, priority_class, held);
        const auto group = place_group(heap_, tenant, node);
        free_node(node);
        return group;
    }

    // False: it stood there already.
    bool add(const Leased& what, const std::string& tenant = "acme") {
        const auto lease = heap_.allocate(sizeof(Lease));
        auto& node = heap_.at<Lease>(lease);
        node.what = what;
        node.group = group_of(tenant_of(tenant), what.priority_class, held_by(what));
        const bool added = leases().add(lease);
        if (!added) {
            heap_.free(lease);
        }
        return added;
    }
    bool add(std::uint8_t job, std::uint8_t worker, std::int64_t epoch, std::uint64_t row = 0,
             std::uint32_t transaction = 0) {
        return add({.job = id(job),
                    .worker = id(worker),
                    .epoch = epoch,
                    .row = row,
                    .priority_class = 2,
                    .transaction = transaction});
    }
    // These return how many.
    int end(std::uint8_t job, std::int64_t last) { return free(leases().end(id(job), last)); }
    int undo(std::uint8_t job, std::int64_t epoch, std::uint32_t transaction) {
        return free(leases().undo(id(job), epoch, transaction));
    }
    int free(Offset lease) {
        int freed = 0;
        for (; lease != 0; ++freed) {
            const auto next = heap_.at<Lease>(lease).next_of_job;
            heap_.free(std::exchange(lease, next));
        }
        return freed;
    }
    void free_node(Offset node) {
        if (node != 0) {
            heap_.free(node);
        }
    }

    using Listed = std::set<std::tuple<std::uint8_t, std::uint8_t, std::int64_t, std::uint32_t>>;
    static Listed listed(const std::vector<Leased>& found) {
        Listed listed;
        for (const auto& lease : found) {
            EXPECT_TRUE(listed
                            .emplace(lease.job.bytes.back(), lease.worker.bytes.back(), lease.epoch,
                                     lease.transaction)
                            .second)
                << "listed twice";
        }
        return listed;
    }
    Listed all() {
        std::vector<Leased> found;
        leases().list(found);
        return listed(found);
    }
    Listed of(std::uint8_t worker) {
        std::vector<Leased> found;
        leases().list_of(id(worker), found);
        return listed(found);
    }

    // After all leases have ended: tenants and groups go, and then there is the table alone.
    bool is_nothing_left() {
        for (auto& bucket : state_->tenants) {
            while (bucket != 0) {
                auto& tenant = heap_.at<Tenant>(bucket);
                while (tenant.groups != 0) {
                    const auto next = heap_.at<Group>(tenant.groups).next;
                    heap_.free(std::exchange(tenant.groups, next));
                }
                const auto next = tenant.next;
                heap_.free(std::exchange(bucket, next));
            }
        }
        return state_->leased == 0 && heap_.pieces() == 1;
    }

    Heap heap_;
    std::unique_ptr<State> state_ = std::make_unique<State>();
};

}  // namespace ideamine::dispatch
