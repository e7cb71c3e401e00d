#include "admission/leases_shared.hpp"

#include "admission/loading_shared.hpp"
#include "admission/notes_shared.hpp"
#include "ideamine/pg/fault_point.hpp"

namespace ideamine::admission::shared {

namespace {

// The accounts of a member and its group.
struct Pair {
    explicit Pair(const Membership& membership)
        : member(pin_party(membership.member)), group(pin_party(membership.group)) {}

    // Calls `work` with both locks and both counters, when they are there.
    template <typename Work>
    void with_counters(const Membership& membership, Work&& work) {
        auto now = pg::now();
        for (const auto give_up_at = now + counter_load_timeout();; now = pg::now()) {
            Counter* of_member = nullptr;
            {
                const AccountLock lock{*member, *group};
                of_member = ready_counter(*member, 0, now);
                auto* of_group = ready_counter(*group, membership.resource, now);
                if (of_member != nullptr && of_group != nullptr) {
                    work(*of_member, *of_group, now);
                    return;
                }
            }
            if (of_member == nullptr) {
                load(*member, *membership.member.ledger, 0, give_up_at);
            } else {
                load(*group, *membership.group.ledger, membership.resource, give_up_at);
            }
        }
    }

    Pin member;
    Pin group;
};

}  // namespace

Answer join(const Membership& membership, Throttling throttling) {
    check_may_take();
    Pair pair{membership};
    prepare_notes(1);
    Answer answer;
    pair.with_counters(membership, [&](Counter& member, Counter& group, Time now) {
        const auto& limits = limits_of(*pair.group, group);
        const bool throttled =
            throttling == Throttling::honoured && now < throttled_until(*pair.group);
        const bool is_first = in_use(member.usage) == 0;
        answer.verdict = judge(limits, group.usage, is_first ? 1 : 0, throttled, now);
        // who is in already takes nothing more, however full it is
        if (!is_first && answer.verdict.refusal != Refusal::throttled) {
            answer.verdict = {};
        }
        if (answer.verdict.allowed()) {
            if (is_first) {
                admission::take(group.usage, limits, 1, now);
                commit_taken(group.usage, limits, 1, Into::leased);
            }
            admission::take(member.usage, limits_of(*pair.member, member), membership.leases, now);
            auto note = taken(*pair.group, group, *membership.group.ledger, membership.leases,
                              Note::Kind::join, answer.verdict, now);
            note.group = std::exchange(note.account, pair.member.get());
            note.group_counter = std::exchange(note.counter, &member);
            add_note(note);
        }
        answer.reading = pair.group->read(group.usage, membership.resource);
    });
    pg::fault_point("admission.joined");
    return answer;
}

void give_up_lease(const Ask& ask) {
    const auto account = pin_party(ask.party);
    const AccountLock lock{*account};
    take_back(*account, ask.resource, ask.amount);
}

namespace {

// Loads the counters of a scope and its members, as others see them: what the caller's transaction
// has ended is not in its own view of the tables any more, and yet counts until it commits.
class EndingLeases {
  public:
    explicit EndingLeases(const Ending& ending)
        : ending_(ending), account_(pin_party(ending.scope)) {
        prepare_notes(ending.parts.size() + ending.members.size());
    }

    Reading run() {
        for (const auto& member : ending_.members) {
            load_member(member);
        }
        load_group();
        for (const auto& part : ending_.parts) {
            end(part);
        }
        for (std::size_t i = 0; i < ending_.members.size(); ++i) {
            end(ending_.members[i], *members_[i]);
        }
        return group_;
    }

  private:
    void load_member(const Ending::Member& member) {
        members_.push_back(pin_party(member.party));
        with_counter(*members_.back(), *member.party.ledger, 0,
                     [&](const Counter& counter, Time) {
                         // the group's sum misses it if no lease of it is left
                         missing_members_ += counter.usage.leased == member.leases ? 1 : 0;
                     },
                     {member.leases});
    }

    void load_group() {
        if (!members_.empty()) {
            const auto part =
                std::ranges::find(ending_.parts, ending_.group, &Ending::Part::resource);
            const auto others = part == ending_.parts.end() ? 0 : part->amount;
            with_counter(*account_, *ending_.scope.ledger, ending_.group,
                         [&](const Counter& counter, Time) { read_group(counter); },
                         {others + missing_members_});
        }
    }

    void end(const Ending::Part& part) {
        with_counter(*account_, *ending_.scope.ledger, part.resource,
                     [&](Counter& counter, Time) {
                         if (counter.window != part.window) {
                             return;
                         }
                         add_note({.account = account_.get(),
                                   .counter = &counter,
                                   .ledger = ending_.scope.ledger,
                                   .amount = part.amount,
                                   .kind = Note::Kind::unlease});
                         if (part.resource == ending_.group) {
                             read_group(counter);
                         }
                     },
                     {part.amount, part.window});
    }

    void end(const Ending::Member& member, Account& account) {
        const AccountLock lock{account, *account_};
        add_note({.account = &account,
                  .counter = find_counter(account, 0, Time::min()),
                  .group = account_.get(),
                  .group_counter = find_counter(*account_, ending_.group, Time::min()),
                  .ledger = ending_.scope.ledger,
                  .amount = member.leases,
                  .kind = Note::Kind::leave});
    }

    void read_group(const Counter& counter) {
        group_ = account_->read(counter.usage, ending_.group);
    }

    const Ending& ending_;
    Pin account_;
    Reading group_{};
    std::vector<Pin> members_;
    Amount missing_members_ = 0;
};

}  // namespace

Reading end_leases(const Ending& ending) {
    check_may_take();
    const auto group = EndingLeases{ending}.run();
    pg::fault_point("admission.leases_ended");
    return group;
}

}  // namespace ideamine::admission::shared
