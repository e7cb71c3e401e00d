// Leases in the order in which their jobs would give way, for tests.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "leases_fixture.hpp"

namespace ideamine::dispatch {

inline Time at(int second) {
    return Time{std::chrono::seconds{second}};
}

class GivingWay : public LeasesTest {
  protected:
    using Jobs = std::vector<int>;

    std::vector<Yielder> list(const YieldingQuery& asked) {
        std::vector<Offset> lists;
        lists.reserve(most_lists(asked));
        std::vector<Yielder> found;
        found.reserve(std::min<std::size_t>(asked.most, state_->leased));
        const auto room = std::pair{lists.capacity(), found.capacity()};
        leases().list_yielding(asked, lists, found);
        EXPECT_EQ(room, std::pair(lists.capacity(), found.capacity())) << "it allocates";
        return found;
    }
    Jobs jobs(const YieldingQuery& asked) {
        Jobs jobs;
        for (const auto& [tenant, what] : list(asked)) {
            jobs.push_back(what.job.bytes.back());
        }
        return jobs;
    }
    Jobs all_jobs() { return jobs({.tenants = {}, .below = 0, .resource = -1, .most = SIZE_MAX}); }
    Jobs jobs_of(const std::string& tenant) {
        const std::vector nodes{tenant_of(tenant)};
        return jobs({.tenants = nodes, .below = 0, .resource = -1, .most = SIZE_MAX});
    }

    // As a transaction does that commits at once. Returns how many found no group.
    int change(std::uint8_t job, std::int64_t epoch, const LeaseChange& change) {
        return this->change(job, epoch, change, announce(job, epoch, change));
    }
    std::uint64_t announce(std::uint8_t job, std::int64_t epoch, const LeaseChange& change) {
        if (change.priority_class) {
            if (const auto missing =
                    leases().missing_group(id(job), epoch, *change.priority_class)) {
                group_of(missing->tenant, missing->priority_class, missing->held);
            }
        }
        return ++state_->changes;
    }
    int change(std::uint8_t job, std::int64_t epoch, const LeaseChange& change,
               std::uint64_t number) {
        return free(leases().change(id(job), epoch, change, number).removed);
    }

    // How many stand in it, after looking at it from both sides.
    std::size_t check(const LeaseList& list, LeaseLinks Lease::*links) {
        std::vector<Offset> forth;
        for (auto offset = list.first; offset != 0;
             offset = (heap_.at<Lease>(offset).*links).behind) {
            forth.push_back(offset);
        }
        std::vector<Offset> back;
        for (auto offset = list.last; offset != 0;
             offset = (heap_.at<Lease>(offset).*links).before) {
            back.push_back(offset);
        }
        std::ranges::reverse(back);
        EXPECT_EQ(forth, back);
        EXPECT_TRUE(list.latest == 0 || std::ranges::count(forth, list.latest) == 1);
        EXPECT_TRUE(std::ranges::is_sorted(
            back.rbegin(), back.rend(), gives_way_before,
            [this](Offset offset) -> const Leased& { return heap_.at<Lease>(offset).what; }));
        return forth.size();
    }
};

}  // namespace ideamine::dispatch
