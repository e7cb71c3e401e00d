// The order of giving way after random histories, beside a list that is sorted when it is asked
// for.
#include <map>
#include <random>

#include "giving_way_fixture.hpp"

namespace ideamine::dispatch {
namespace {

const std::vector<std::string> tenants{"a", "bb", "ccc"};

// All that is known of leases, in no order.
class Model {
  public:
    struct Known {
        Leased what;
        std::string tenant;
        std::uint64_t classed = 0;
    };

    bool add(const Leased& what, const std::string& tenant) {
        const auto& name = key(what);
        if (known_.contains(name)) {
            return false;
        }
        Known known{what, tenant};
        const auto latest = this->latest(what.job);
        if (what.transaction == 0 && latest != nullptr && latest->what.epoch == what.epoch) {
            known.what.since = latest->what.since;
            known.what.priority_class = latest->what.priority_class;
            known.classed = latest->classed;
        }
        known_[name] = known;
        return true;
    }
    template <typename Pick>
    int remove(const Uuid& job, Pick pick) {
        return static_cast<int>(std::erase_if(known_, [&](const auto& entry) {
            return entry.second.what.job == job && pick(entry.second.what);
        }));
    }
    void change(const Uuid& job, std::int64_t epoch, const LeaseChange& change,
                std::uint64_t number) {
        for (auto& [name, known] : known_) {
            if (known.what.job != job || known.what.epoch != epoch) {
                continue;
            }
            known.what.since = std::max(known.what.since, change.since.value_or(at(0)));
            if (change.priority_class && number > known.classed) {
                known.what.priority_class = *change.priority_class;
                known.classed = number;
            }
        }
    }
    std::size_t size() const { return known_.size(); }

    std::vector<Leased> yielding(const std::set<std::string>& of, std::uint8_t below, int resource,
                                 std::size_t most) const {
        std::vector<Leased> found;
        for (const auto& [name, known] : known_) {
            const bool holds =
                resource < 0 || known.what.holds[static_cast<std::size_t>(resource)] > 0;
            if (latest(known.what.job) == &known && of.contains(known.tenant) && holds &&
                known.what.priority_class > below) {
                found.push_back(known.what);
            }
        }
        std::ranges::sort(found, gives_way_before);
        found.resize(std::min(most, found.size()));
        return found;
    }

  private:
    using Key = std::tuple<Uuid, std::int64_t, std::uint32_t>;
    static Key key(const Leased& what) { return {what.job, what.epoch, what.transaction}; }
    const Known* latest(const Uuid& job) const {
        const auto after = known_.upper_bound({job, INT64_MAX, UINT32_MAX});
        if (after == known_.begin() || std::prev(after)->second.what.job != job) {
            return nullptr;
        }
        return &std::prev(after)->second;
    }

    std::map<Key, Known> known_;
};

class RandomHistory : public GivingWay {
  protected:
    int pick(int most) { return std::uniform_int_distribution{0, most - 1}(random_); }

    void play() {
        switch (pick(6)) {
            case 0:
            case 1:
                return begin();
            case 2:
                return end();
            case 3:
                return undo();
            default:
                return change();
        }
    }

    // What a job holds, and whose it is, never changes during a lease.
    void begin() {
        const auto job = pick_job();
        const auto epoch = pick(3);
        Leased what{.job = id(job),
                    .worker = id(static_cast<std::uint8_t>(pick(4))),
                    .epoch = epoch,
                    .row = 0,
                    .priority_class = static_cast<std::uint8_t>(pick(max_classes)),
                    .preemptions = static_cast<std::uint8_t>(pick(2)),
                    .transaction = static_cast<std::uint32_t>(pick(3)),
                    .since = at(pick(4))};
        for (int i = 0; i < 3; ++i) {
            what.holds[static_cast<std::size_t>(i)] = (job + epoch) >> i & 1;
        }
        const auto& tenant = tenants[job % tenants.size()];
        ASSERT_EQ(add(what, tenant), model_.add(what, tenant));
    }
    void end() {
        const auto job = pick_job();
        const auto last = pick(3);
        ASSERT_EQ(LeasesTest::end(job, last), model_.remove(id(job), [last](const Leased& what) {
            return what.epoch <= last;
        }));
    }
    void undo() {
        const auto job = pick_job();
        const auto epoch = pick(3);
        const auto transaction = static_cast<std::uint32_t>(pick(3));
        ASSERT_EQ(LeasesTest::undo(job, epoch, transaction),
                  model_.remove(id(job), [&](const Leased& what) {
                      return what.epoch == epoch && what.transaction == transaction;
                  }));
    }
    // Some come later than they were announced.
    void change() {
        const auto job = pick_job();
        const auto epoch = pick(3);
        LeaseChange change;
        if (pick(2) == 0) {
            change.since = at(pick(6));
        }
        if (pick(2) == 0) {
            change.priority_class = static_cast<std::uint8_t>(pick(max_classes));
        }
        auto number = announce(job, epoch, change);
        if (pick(3) == 0) {
            std::swap(number, late_);
        }
        ASSERT_EQ(GivingWay::change(job, epoch, change, number), 0);
        model_.change(id(job), epoch, change, number);
    }

    void compare() {
        const auto below = static_cast<std::uint8_t>(pick(max_classes));
        const int resource = pick(4) - 1;
        const auto most = static_cast<std::size_t>(pick(2) == 0 ? 1000 : pick(10));
        std::set<std::string> of;
        std::vector<Offset> nodes;
        for (const auto& tenant : tenants) {
            if (pick(2) == 0) {
                of.insert(tenant);
                nodes.push_back(tenant_of(tenant));
            }
        }
        YieldingQuery asked{.tenants = nodes, .below = below, .resource = resource, .most = most};
        check(asked, of);
        asked.tenants = std::nullopt;
        check(asked, {tenants.begin(), tenants.end()});
    }
    void check(const YieldingQuery& asked, const std::set<std::string>& of) {
        const auto expected = model_.yielding(of, asked.below, asked.resource, asked.most);
        const auto found = list(asked);
        ASSERT_EQ(found.size(), expected.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            const auto& [tenant, what] = found[i];
            ASSERT_EQ(what, expected[i]);
            ASSERT_EQ(what.transaction, expected[i].transaction);
            ASSERT_EQ(what.since, expected[i].since);
            ASSERT_EQ(what.priority_class, expected[i].priority_class);
            ASSERT_EQ(heap_.at<Tenant>(tenant).id_view(),
                      tenants[what.job.bytes.back() % tenants.size()]);
        }
    }
    void check_lists() {
        std::size_t in_classes = 0;
        for (const auto& lists : table().by_class) {
            for (const auto& list : lists) {
                in_classes += GivingWay::check(list, &Lease::in_class);
            }
        }
        std::size_t in_groups = 0;
        for (const auto& tenant : tenants) {
            for (auto group = heap_.at<Tenant>(tenant_of(tenant)).groups; group != 0;
                 group = heap_.at<Group>(group).next) {
                in_groups += GivingWay::check(heap_.at<Group>(group).leases, &Lease::in_group);
            }
        }
        ASSERT_EQ(in_classes, in_groups);
        ASSERT_EQ(state_->leased, model_.size());
    }

    std::uint8_t pick_job() { return static_cast<std::uint8_t>(1 + pick(60)); }

    std::mt19937 random_{20'260'122};
    Model model_;
    std::uint64_t late_ = 0;  // of a change that is still to come
};

TEST_F(RandomHistory, ListsWhatASortedListWould) {
    late_ = ++state_->changes;
    for (int i = 0; i < 20'000 && !HasFatalFailure(); ++i) {
        play();
        compare();
        if (i % 100 == 0) {
            check_lists();
        }
    }
    EXPECT_GT(model_.size(), 20U);
    for (std::uint8_t job = 1; job <= 60; ++job) {
        LeasesTest::end(job, 9);
    }
    EXPECT_TRUE(is_nothing_left());
}

}  // namespace
}  // namespace ideamine::dispatch
