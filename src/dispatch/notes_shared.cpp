#include "dispatch/notes_shared.hpp"

#include "dispatch/leases_shared.hpp"
#include "ideamine/pg/transaction_end.hpp"

namespace ideamine::dispatch::shared {

namespace {

// Made at its first use, and never destroyed: a session may end within a transaction.
Notes& current() {
    static auto* const notes = new Notes;
    return *notes;
}

void free_published(std::span<const Published> published) {
    for (const auto& note : published) {
        if (note.chunk != 0) {
            memory().free(note.chunk);
        }
    }
}

// Leaves the chunks that are not needed: nothing is loaded that would lack them, or their queue has
// jobs in the table that have been ready longer.
void append_published(Slot& slot, Notes& notes) {
    const PlaneLock lock{slot};
    if (slot.phase == Phase::unloaded) {
        return;
    }
    slot.has_missed = slot.has_missed || notes.has_missed || notes.loads_anew;
    if (notes.loads_anew) {
        lose_leases(slot);
        slot.load_again_at = Time::min();
    }
    for (auto& [queue, chunk, level] : notes.published) {
        if (chunk == 0) {
            lock.plane().spill(queue);
        } else if (!lock.plane().has_spilled(queue)) {
            lock.plane().add(queue, std::exchange(chunk, 0));
        }
    }
}

void tell_of_tenants(Slot& slot, const Notes& notes) {
    if (notes.charges.empty() && notes.weights.empty()) {
        return;
    }
    const PlaneLock lock{slot};
    auto plane = lock.plane();
    for (const auto& [name, hash, priority_class, busy, level] : notes.charges) {
        if (const auto tenant = plane.find_tenant(name, hash); tenant != 0) {
            plane.charge(tenant, priority_class, busy);
        }
    }
    for (const auto& [name, hash, weight, level] : notes.weights) {
        if (const auto tenant = plane.find_tenant(name, hash); tenant != 0) {
            plane.set_weight(tenant, weight);
        }
    }
}

bool comes_back(const InHand& hand, bool committed) {
    return hand.fate == InHand::Fate::comes_back ||
           (hand.fate != InHand::Fate::spent && !committed);
}

// Those of one queue that were taken one after the other.
void put_back_together(Slot& slot, std::span<const InHand> hands) {
    std::vector<Item> items;
    items.reserve(hands.size());
    for (const auto& hand : hands) {
        items.push_back(hand.item);
    }
    const auto chunk = make_chunk(memory(), items);
    const PlaneLock lock{slot};
    lock.plane().refund(hands.front().queue, hands.front().served_as,
                        static_cast<std::uint32_t>(items.size()));
    if (chunk == 0) {
        lock.plane().spill(hands.front().queue);
    } else {
        lock.plane().add(hands.front().queue, chunk);
    }
}

// The last first, so that they stand as they stood.
void put_back(Slot& slot, std::span<const InHand> hands, bool committed) {
    auto end = hands.size();
    while (end > 0) {
        if (!comes_back(hands[end - 1], committed)) {
            --end;
            continue;
        }
        auto begin = end - 1;
        while (begin > 0 && hands[begin - 1].queue == hands[end - 1].queue &&
               hands[begin - 1].served_as == hands[end - 1].served_as &&
               comes_back(hands[begin - 1], committed)) {
            --begin;
        }
        put_back_together(slot, hands.subspan(begin, end - begin));
        end = begin;
    }
}

// Whoever comes next begins anew.
void give_up_loading(Notes& notes) {
    if (std::exchange(notes.is_loading, false)) {
        auto& slot = *notes.use->get();
        const PlaneLock lock{slot};
        slot.phase = Phase::loaded;
        slot.has_missed = true;
    }
}

// Its transaction saw as done what is not: jobs that it had cancelled, leases that it had ended.
void distrust_loading(Notes& notes) {
    notes.loaded_at = InvalidSubTransactionId;
    auto& slot = *notes.use->get();
    const PlaneLock lock{slot};
    slot.has_missed = true;
    lose_leases(slot);
}

// Of a transaction that is rolled back: what it published is nothing.
void forget_own(Notes& notes) {
    for (auto& hand : notes.taken) {
        if (hand.published_at != InvalidSubTransactionId) {
            hand.fate = InHand::Fate::spent;
        }
    }
}

// What is running has to be known from before the commit on, and after a crash nobody would.
void refuse_to_prepare(const Notes& notes) {
    if (!notes.begun_leases.empty() || !notes.ended_leases.empty() ||
        !notes.changed_leases.empty()) {
        pg::boundary([] {
            throw Error(Code::conflict,
                        "cannot prepare a transaction that has acquired, changed or ended running "
                        "jobs",
                        {}, "COMMIT it.");
        });
    }
}

void end_transaction(pg::TransactionEvent event) {
    auto& notes = current();
    if (event == pg::TransactionEvent::before_prepare) {
        refuse_to_prepare(notes);
    }
    if (!pg::has_ended(event) || !notes.use) {
        return;
    }
    auto& slot = *notes.use->get();
    const bool committed = event == pg::TransactionEvent::committed;
    // before others can lease the same jobs
    settle_leases(slot, notes, committed);
    if (committed) {
        give_back_rest(notes, 0);
        tell_of_tenants(slot, notes);
        append_published(slot, notes);
    } else {
        forget_own(notes);
        put_back(slot, notes.taken, false);
        if (notes.loaded_at != InvalidSubTransactionId) {
            distrust_loading(notes);
        }
    }
    notes.loaded_at = InvalidSubTransactionId;
    notes.taken.clear();
    free_published(notes.published);
    notes.published.clear();
    notes.charges.clear();
    notes.weights.clear();
    give_up_loading(notes);
    notes.has_missed = false;
    notes.loads_anew = false;
    notes.use.reset();
}

template <typename Note>
void hand_over(std::vector<Note>& notes, SubTransactionId level, SubTransactionId parent) {
    for (auto& note : notes) {
        if (note.level == level) {
            note.level = parent;
        }
    }
}

// Those of inner levels stand behind those of outer ones.
std::size_t first_taken(const Notes& notes, SubTransactionId level) {
    auto first = notes.taken.size();
    while (first > 0 && notes.taken[first - 1].level == level) {
        --first;
    }
    return first;
}

void forget_published(Notes& notes, SubTransactionId level) {
    std::erase_if(notes.published, [level](const Published& published) {
        if (published.level == level && published.chunk != 0) {
            memory().free(published.chunk);
        }
        return published.level == level;
    });
}

void end_subtransaction(bool committed, SubTransactionId level, SubTransactionId parent) {
    auto& notes = current();
    if (!notes.use) {
        return;
    }
    if (committed) {
        hand_over(notes.published, level, parent);
        hand_over(notes.taken, level, parent);
        hand_over(notes.charges, level, parent);
        hand_over(notes.weights, level, parent);
        hand_over(notes.begun_leases, level, parent);
        hand_over(notes.ended_leases, level, parent);
        hand_over(notes.changed_leases, level, parent);
        for (auto& hand : notes.taken) {
            if (hand.published_at == level) {
                hand.published_at = parent;
            }
        }
        notes.loaded_at = notes.loaded_at == level ? parent : notes.loaded_at;
        return;
    }
    undo_leases(*notes.use->get(), notes, level);
    undo_taking(notes, first_taken(notes, level));
    forget_published(notes, level);
    const auto is_of_level = [level](const auto& note) { return note.level == level; };
    std::erase_if(notes.charges, is_of_level);
    std::erase_if(notes.weights, is_of_level);
    if (notes.loaded_at == level) {
        distrust_loading(notes);
    }
    give_up_loading(notes);
}

}  // namespace

namespace {

// What a transaction has published itself nobody else may see yet, or ever.
void publish_again(Notes& notes, std::size_t first, bool kept_as_well) {
    for (auto i = first; i < notes.taken.size(); ++i) {
        auto& hand = notes.taken[i];
        if (hand.published_at == InvalidSubTransactionId || !comes_back(hand, !kept_as_well)) {
            continue;
        }
        notes.published.push_back({.queue = hand.queue,
                                   .chunk = make_chunk(memory(), std::span{&hand.item, 1}),
                                   .level = hand.published_at});
        hand.fate = InHand::Fate::spent;
    }
}

}  // namespace

void undo_taking(Notes& notes, std::size_t first) {
    publish_again(notes, first, true);
    put_back(*notes.use->get(), std::span{notes.taken}.subspan(first), false);
    notes.taken.resize(first, InHand{});
}

void give_back_rest(Notes& notes, std::size_t first) {
    publish_again(notes, first, false);
    put_back(*notes.use->get(), std::span{notes.taken}.subspan(first), true);
    const auto begin = notes.taken.begin() + static_cast<std::ptrdiff_t>(first);
    const auto rest = std::remove_if(begin, notes.taken.end(), [](const InHand& hand) {
        return hand.fate == InHand::Fate::comes_back || hand.fate == InHand::Fate::spent;
    });
    notes.taken.erase(rest, notes.taken.end());
}

namespace {

void watch_transactions() {
    static constinit bool watching = false;
    if (!watching) {
        pg::at_transaction_events(pg::AtEnd::publish, end_transaction);
        pg::at_subtransaction_end(end_subtransaction);
        watching = true;
    }
}

}  // namespace

Notes& notes() {
    watch_transactions();
    auto& notes = current();
    if (!notes.use) {
        notes.use.emplace(pg::current_installation());
    }
    return notes;
}

}  // namespace ideamine::dispatch::shared
