#include "dispatch/giving_way.hpp"

#include <algorithm>
#include <utility>

namespace ideamine::dispatch {

bool gives_way_before(const Leased& one, const Leased& other) {
    return std::tie(other.priority_class, other.since, one.preemptions, one.job) <
           std::tie(one.priority_class, one.since, other.preemptions, other.job);
}

std::uint8_t held_by(const Leased& leased) {
    unsigned held = 0;
    for (std::size_t i = 0; i < max_resources; ++i) {
        held |= leased.holds[i] > 0 ? 1U << i : 0;
    }
    return static_cast<std::uint8_t>(held);
}

// From the end back, or from the one that came in latest if it is to stand before that.
void LeaseOrder::insert(Offset offset) {
    const auto& what = at(offset).what;
    const auto stands_before = [&](Offset other) {
        return other != 0 && gives_way_before(at(other).what, what);
    };
    auto before = stands_before(list_.latest) ? list_.latest : list_.last;
    while (stands_before(before)) {
        before = links_of(before).before;
    }
    auto& behind = before == 0 ? list_.first : links_of(before).behind;
    links_of(offset) = {.before = before, .behind = behind};
    (behind == 0 ? list_.last : links_of(behind).before) = offset;
    behind = offset;
    list_.latest = offset;
}

void LeaseOrder::remove(Offset offset) {
    const auto [before, behind] = std::exchange(links_of(offset), {});
    (before == 0 ? list_.first : links_of(before).behind) = behind;
    (behind == 0 ? list_.last : links_of(behind).before) = before;
    if (list_.latest == offset) {
        list_.latest = 0;
    }
}

Offset find_group(const Memory& memory, Offset tenant, std::uint8_t priority_class,
                  std::uint8_t held) {
    auto offset = memory.at<Tenant>(tenant).groups;
    while (offset != 0) {
        const auto& group = memory.at<Group>(offset);
        if (group.priority_class == priority_class && group.held == held) {
            break;
        }
        offset = group.next;
    }
    return offset;
}

Offset place_group(const Memory& memory, Offset tenant, Offset& node) {
    auto& made = memory.at<Group>(node);
    if (const auto found = find_group(memory, tenant, made.priority_class, made.held); found != 0) {
        return found;
    }
    made.tenant = tenant;
    made.next = std::exchange(memory.at<Tenant>(tenant).groups, node);
    return std::exchange(node, 0);
}

// ---- asking ------------------------------------------------------------------------------------

std::size_t most_lists(const YieldingQuery& asked) {
    return max_sets * (asked.tenants ? asked.tenants->size() : 1);
}

namespace {

// Merges the lists of one class after the other.
class Merging {
  public:
    Merging(LeaseTable& table, const Memory& memory, const YieldingQuery& asked,
            std::vector<Offset>& lists, std::vector<Yielder>& found)
        : table_(table),
          memory_(memory),
          asked_(asked),
          links_(asked.tenants ? &Lease::in_group : &Lease::in_class),
          lists_(lists),
          found_(found) {}

    void run() {
        for (std::uint8_t i = max_classes - 1; i > asked_.below; --i) {
            lists_.clear();
            asked_.tenants ? collect_groups(i) : collect_all(i);
            merge();
        }
    }

  private:
    const Lease& at(Offset lease) const { return memory_.at<Lease>(lease); }

    void collect(const LeaseList& list, std::size_t held) {
        const bool is_asked_for = asked_.resource < 0 || (held >> asked_.resource & 1U) != 0;
        if (is_asked_for && list.last != 0) {
            lists_.push_back(list.last);
        }
    }
    void collect_all(std::uint8_t priority_class) {
        for (std::size_t held = 0; held < max_sets; ++held) {
            collect(table_.by_class[priority_class][held], held);
        }
    }
    void collect_groups(std::uint8_t priority_class) {
        for (const auto tenant : *asked_.tenants) {
            for (auto offset = memory_.at<Tenant>(tenant).groups; offset != 0;) {
                const auto& group = memory_.at<Group>(offset);
                if (group.priority_class == priority_class) {
                    collect(group.leases, group.held);
                }
                offset = group.next;
            }
        }
    }

    // A heap of what each of them has next.
    void merge() {
        const auto gives_way_after = [this](Offset one, Offset other) {
            return gives_way_before(at(other).what, at(one).what);
        };
        std::ranges::make_heap(lists_, gives_way_after);
        while (!lists_.empty() && found_.size() < asked_.most) {
            std::ranges::pop_heap(lists_, gives_way_after);
            const auto& lease = at(lists_.back());
            found_.push_back({memory_.at<Group>(lease.group).tenant, lease.what});
            lists_.back() = (lease.*links_).before;
            if (lists_.back() == 0) {
                lists_.pop_back();
            } else {
                std::ranges::push_heap(lists_, gives_way_after);
            }
        }
    }

    LeaseTable& table_;
    const Memory& memory_;
    const YieldingQuery& asked_;
    LeaseLinks Lease::*links_;
    std::vector<Offset>& lists_;
    std::vector<Yielder>& found_;
};

}  // namespace

void list_yielding(LeaseTable& table, const Memory& memory, const YieldingQuery& asked,
                   std::vector<Offset>& lists, std::vector<Yielder>& found) {
    Merging{table, memory, asked, lists, found}.run();
}

}  // namespace ideamine::dispatch
