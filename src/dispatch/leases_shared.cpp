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

// Leases on their way into memory.
class Incoming {
  public:
    // As many as there is room for.
    explicit Incoming(std::span<const LeaseOf> leases);
    // Frees what did not come in.
    ~Incoming();
    Incoming(const Incoming&) = delete;
    Incoming& operator=(const Incoming&) = delete;

    std::size_t size() const { return made_.size(); }
    // False: there was no room for some of them.
    bool enter(Slot& slot);

  private:
    struct Made {
        Offset lease;  // 0: it has come in
        Offset tenant;
    };

    std::optional<Leases::MissingGroup> enter_until_missing(Slot& slot);

    std::vector<Made> made_;
    std::size_t next_ = 0;
};

// In the order in which they would give way, in which they find their places soonest.
Incoming::Incoming(std::span<const LeaseOf> leases) {
    made_.reserve(leases.size());
    for (const auto& [tenant, what] : leases) {
        const auto offset = tenant == 0 ? 0 : memory().allocate(sizeof(Lease));
        if (offset == 0) {
            break;
        }
        memory().at<Lease>(offset).what = what;
        made_.push_back({offset, tenant});
    }
    std::ranges::sort(made_, gives_way_before, [](const Made& made) -> const Leased& {
        return memory().at<Lease>(made.lease).what;
    });
}

Incoming::~Incoming() {
    for (const auto& [lease, tenant] : made_) {
        if (lease != 0) {
            memory().free(lease);
        }
    }
}

// Until all have come in, or no room is left, or a group has to be made first.
std::optional<Leases::MissingGroup> Incoming::enter_until_missing(Slot& slot) {
    const auto most = most_leases();
    const PlaneLock lock{slot};
    Leases leases{slot.state, memory()};
    for (; next_ < made_.size() && slot.state.leased < most; ++next_) {
        auto& [offset, tenant] = made_[next_];
        auto& lease = memory().at<Lease>(offset);
        const Leases::MissingGroup wanted{.tenant = tenant,
                                          .priority_class = lease.what.priority_class,
                                          .held = held_by(lease.what)};
        lease.group = find_group(memory(), tenant, wanted.priority_class, wanted.held);
        if (lease.group == 0) {
            return wanted;
        }
        if (leases.add(offset)) {
            offset = 0;
        }
    }
    return std::nullopt;
}

bool make_group(Slot& slot, const Leases::MissingGroup& missing) {
    return find_or_make_group(slot, missing.tenant, missing.priority_class, missing.held) != 0;
}

bool Incoming::enter(Slot& slot) {
    for (;;) {
        const auto missing = enter_until_missing(slot);
        if (!missing) {
            return next_ == made_.size();
        }
        if (!make_group(slot, *missing)) {
            return false;
        }
    }
}

void free_leases(Offset first) {
    while (first != 0) {
        const auto next = memory().at<Lease>(first).next_of_job;
        memory().free(std::exchange(first, next));
    }
}

// Puts leases that were taken out before others, linked in the same way.
void put_before(Offset removed, Offset& others) {
    while (removed != 0) {
        auto& link = memory().at<Lease>(removed).next_of_job;
        const auto next = std::exchange(link, others);
        others = std::exchange(removed, next);
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
            put_before(take(leases, note), removed);
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

bool add_leases(std::span<const LeaseOf> leases) {
    auto& slot = *notes().use->get();
    Incoming incoming{make_table(slot) ? leases : std::span<const LeaseOf>{}};
    const bool has_room = incoming.enter(slot) && incoming.size() == leases.size();
    if (!has_room) {
        const PlaneLock lock{slot};
        lose_leases(slot);
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

void begin_leases(std::span<const LeaseOf> leases) {
    auto& begun = notes().begun_leases;
    for (const auto& [tenant, what] : leases) {
        begun.push_back({.job = what.job,
                         .epoch = what.epoch,
                         .transaction = what.transaction,
                         .level = GetCurrentSubTransactionId()});
    }
    if (!add_leases(leases)) {
        note_unlisted(*notes().use->get(), notes());
    }
}

void end_lease(const Uuid& job, std::int64_t epoch) {
    if (is_available()) {
        notes().ended_leases.push_back(
            {.job = job, .epoch = epoch, .level = GetCurrentSubTransactionId()});
    }
}

namespace {

// Its number. What it takes to carry it out is made now, because at the end nothing may fail: where
// there is no room, the lease goes.
std::uint64_t announce(Slot& slot, const Uuid& job, std::int64_t epoch, const LeaseChange& change) {
    std::uint64_t number = 0;
    std::optional<Leases::MissingGroup> missing;
    {
        const PlaneLock lock{slot};
        number = ++slot.state.changes;
        if (change.priority_class && slot.state.leases != 0) {
            missing =
                Leases{slot.state, memory()}.missing_group(job, epoch, *change.priority_class);
        }
    }
    if (missing) {
        make_group(slot, *missing);
    }
    return number;
}

// Who loads may have read a row as it was, and not have come here yet.
void carry_out(Slot& slot, std::span<const LeaseChangeNote> notes) {
    Offset removed = 0;
    {
        const PlaneLock lock{slot};
        for (const auto& note : notes) {
            Leases::Changed changed{};
            if (slot.state.leases != 0) {
                changed = Leases{slot.state, memory()}.change(note.job, note.epoch, note.change,
                                                              note.number);
            }
            if (changed.removed != 0) {
                lose_leases(slot);
                put_before(changed.removed, removed);
            }
            slot.has_lost_leases =
                slot.has_lost_leases || (!changed.is_here && !slot.has_all_leases);
        }
    }
    free_leases(removed);
}

}  // namespace

void change_lease(const Uuid& job, std::int64_t epoch, const LeaseChange& change) {
    if (!is_available()) {
        return;
    }
    auto& notes = shared::notes();
    const auto number = announce(*notes.use->get(), job, epoch, change);
    notes.changed_leases.push_back({.job = job,
                                    .epoch = epoch,
                                    .change = change,
                                    .number = number,
                                    .level = GetCurrentSubTransactionId()});
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
    if (committed && !notes.changed_leases.empty()) {
        carry_out(slot, notes.changed_leases);
    }
    if (committed && !notes.ended_leases.empty()) {
        remove(slot, notes.ended_leases, end);
    }
    if (!committed && !notes.begun_leases.empty()) {
        remove(slot, notes.begun_leases, undo);
    }
    notes.begun_leases.clear();
    notes.ended_leases.clear();
    notes.changed_leases.clear();
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
    std::erase_if(notes.changed_leases,
                  [level](const LeaseChangeNote& note) { return note.level == level; });
}

}  // namespace ideamine::dispatch::shared
