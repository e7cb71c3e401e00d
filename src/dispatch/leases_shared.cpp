#include "dispatch/leases_shared.hpp"

#include "dispatch/dispatch_settings.hpp"
#include "dispatch/leases.hpp"

namespace ideamine::dispatch::shared {

namespace {

bool make_table(Slot& slot) {
    {
        const PlaneLock lock{slot};
        if (slot.state.leases != 0) {
            return true;
        }
    }
    auto table = memory().allocate(sizeof(LeaseTable));
    if (table == 0) {
        return false;
    }
    memory().at<LeaseTable>(table) = {};
    {
        const PlaneLock lock{slot};
        if (slot.state.leases == 0) {
            slot.state.leases = std::exchange(table, 0);
        }
    }
    if (table != 0) {
        memory().free(table);
    }
    return true;
}

// As many as there is room for.
std::vector<Offset> make_leases(std::span<const Leased> leased) {
    std::vector<Offset> made;
    made.reserve(leased.size());
    for (const auto& what : leased) {
        const auto offset = memory().allocate(sizeof(Lease));
        if (offset == 0) {
            break;
        }
        memory().at<Lease>(offset).what = what;
        made.push_back(offset);
    }
    return made;
}

void free_leases(Offset first) {
    while (first != 0) {
        const auto next = memory().at<Lease>(first).next_of_job;
        memory().free(std::exchange(first, next));
    }
}

// Takes out what `take` takes out for each of these notes. Can't fail.
template <typename Take>
void remove(Slot& slot, std::span<const LeaseNote> notes, Take take) {
    Offset removed = 0;
    {
        const PlaneLock lock{slot};
        if (slot.state.leases == 0) {
            return;
        }
        Leases leases{slot.state, memory()};
        for (const auto& note : notes) {
            for (auto lease = take(leases, note); lease != 0;) {
                const auto next = memory().at<Lease>(lease).next_of_job;
                memory().at<Lease>(lease).next_of_job = std::exchange(removed, lease);
                lease = next;
            }
        }
    }
    free_leases(removed);
}

Offset end(Leases& leases, const LeaseNote& note) {
    return leases.end(note.job, note.epoch);
}

Offset undo(Leases& leases, const LeaseNote& note) {
    return leases.undo(note.job, note.epoch, note.transaction);
}

}  // namespace

std::size_t most_leases() {
    return dispatch_memory() / 4 / sizeof(Lease);
}

bool add_leases(std::span<const Leased> leased) {
    auto& slot = *notes().use->get();
    auto made = make_table(slot) ? make_leases(leased) : std::vector<Offset>{};
    bool has_room = made.size() == leased.size();
    {
        const PlaneLock lock{slot};
        for (auto& offset : made) {
            has_room = has_room && slot.state.leased < most_leases();
            if (has_room && Leases{slot.state, memory()}.add(offset)) {
                offset = 0;
            }
        }
        if (!has_room) {
            lose_leases(slot);
        }
    }
    for (const auto offset : made) {
        if (offset != 0) {
            memory().free(offset);
        }
    }
    return has_room;
}

namespace {

// Who reads the table before the transaction ends cannot see the lease there either.
void note_unlisted(Slot& slot, Notes& notes) {
    if (!std::exchange(notes.has_unlisted_leases, true)) {
        const PlaneLock lock{slot};
        ++slot.unlisted;
    }
}

void settle_unlisted(Slot& slot, Notes& notes) {
    if (std::exchange(notes.has_unlisted_leases, false)) {
        const PlaneLock lock{slot};
        --slot.unlisted;
        lose_leases(slot);
    }
}

}  // namespace

void begin_leases(std::span<const Leased> leased) {
    auto& begun = notes().begun_leases;
    for (const auto& what : leased) {
        begun.push_back({.job = what.job,
                         .epoch = what.epoch,
                         .transaction = what.transaction,
                         .level = GetCurrentSubTransactionId()});
    }
    if (!add_leases(leased)) {
        note_unlisted(*notes().use->get(), notes());
    }
}

void end_lease(const Uuid& job, std::int64_t epoch) {
    if (is_available()) {
        notes().ended_leases.push_back(
            {.job = job, .epoch = epoch, .level = GetCurrentSubTransactionId()});
    }
}

LeasesHere leases(const std::optional<Uuid>& worker) {
    auto& slot = *notes().use->get();
    LeasesHere here{};
    for (;;) {
        std::uint64_t size = 0;
        {
            const PlaneLock lock{slot};
            size = slot.state.leased;
            if (size <= here.leases.capacity()) {
                here.are_all = has_all_leases(slot);
                if (size > 0) {
                    const Leases leases{slot.state, memory()};
                    worker ? leases.list_of(*worker, here.leases) : leases.list(here.leases);
                }
                return here;
            }
        }
        here.leases.reserve(size + size / 4);
    }
}

std::vector<std::uint64_t> rows_of(std::span<const Uuid> jobs,
                                   std::span<const std::int64_t> epochs) {
    std::vector<std::uint64_t> rows(jobs.size(), 0);
    if (!is_available()) {
        return rows;
    }
    auto& slot = *notes().use->get();
    const PlaneLock lock{slot};
    if (slot.state.leases != 0) {
        const Leases leases{slot.state, memory()};
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            rows[i] = leases.row_of(jobs[i], epochs[i]);
        }
    }
    return rows;
}

void forget_lease(const Leased& leased) {
    const LeaseNote note{
        .job = leased.job, .epoch = leased.epoch, .transaction = leased.transaction};
    remove(*notes().use->get(), std::span{&note, 1}, undo);
}

void settle_leases(Slot& slot, Notes& notes, bool committed) {
    if (committed && !notes.ended_leases.empty()) {
        remove(slot, notes.ended_leases, end);
    }
    if (!committed && !notes.begun_leases.empty()) {
        remove(slot, notes.begun_leases, undo);
    }
    notes.begun_leases.clear();
    notes.ended_leases.clear();
    settle_unlisted(slot, notes);
}

void undo_leases(Slot& slot, Notes& notes, SubTransactionId level) {
    const auto is_of_level = [level](const LeaseNote& note) { return note.level == level; };
    if (std::ranges::any_of(notes.begun_leases, is_of_level)) {
        remove(slot, notes.begun_leases, [&](Leases& leases, const LeaseNote& note) {
            return is_of_level(note) ? undo(leases, note) : 0;
        });
    }
    std::erase_if(notes.begun_leases, is_of_level);
    std::erase_if(notes.ended_leases, is_of_level);
}

}  // namespace ideamine::dispatch::shared
