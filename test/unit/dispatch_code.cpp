#include <algorithm>
#include <array>

#include "dispatch_world.hpp"

namespace ideamine::dispatch::world {

// Small numbers, one after the other. Most of the time goes by here.
class Writer {
  public:
    template <typename... Numbers>
    void put(Numbers... numbers) {
        if (size_ + sizeof...(numbers) > sizeof(text_)) {
            throw std::length_error("a world is too large to be told by a text");
        }
        ((text_[size_++] = static_cast<char>(numbers)), ...);
    }
    template <typename Range, typename Put>
    void put_all(const Range& range, Put put_one) {
        put(range.size());
        for (const auto& one : range) {
            put_one(one);
        }
    }
    std::string text() const { return {text_, size_}; }

  private:
    char text_[4096];
    std::size_t size_ = 0;
};

namespace {

void put_rows(Writer& writer, const std::vector<Row>& rows) {
    const auto put = [&](const Version& version) {
        writer.put(version.status, version.epoch, version.worker);
    };
    for (const auto& row : rows) {
        put(row.committed);
        writer.put(row.locked_by, row.lock_level, row.creator);
        writer.put_all(row.changes, [&](const Row::Change& change) {
            put(change.after);
            writer.put(change.level);
        });
    }
}

void put_slot(Writer& writer, const Slot& slot, const State& state) {
    writer.put(slot.phase, slot.has_missed, slot.has_all_leases, slot.has_lost_leases,
               slot.unlisted, slot.is_early, state.turns != slot.turns_when_loaded,
               state.leases != 0);
}

}  // namespace

// Those that have ended are all the same.
int World::code_of(std::uint32_t transaction) const {
    const auto of = std::ranges::find(sessions_, transaction, &Session::transaction);
    return transaction == 0 ? 0 : of == sessions_.end() ? -1 : 1 + of->number;
}

void World::put_leases(Writer& writer, const std::vector<Leased>& leased) const {
    std::vector<std::array<std::int64_t, 4>> codes;
    codes.reserve(leased.size());
    for (const auto& lease : leased) {
        codes.push_back({number_of(lease.job), lease.epoch, number_of(lease.worker),
                         code_of(lease.transaction)});
    }
    std::ranges::sort(codes);
    writer.put_all(codes,
                   [&](const auto& code) { writer.put(code[0], code[1], code[2], code[3]); });
}

// Tenants and groups decide about what has to be made; what tenants have had counts by how much it
// differs.
void World::put_plane(Writer& writer) const {
    for (int job = 0; job < jobs(); ++job) {
        const auto key = key_of(job);
        const auto tenant = plane().find_tenant(key.tenant, key.hash);
        writer.put(tenant != 0,
                   tenant != 0 && find_group(pieces_, tenant, key.priority_class, 0) != 0);
    }
    constexpr auto unit = cost / usual_weight;
    for (const auto offset : queues_) {
        const auto& queue = pieces_.at<Queue>(offset);
        writer.put(pieces_.at<Tenant>(queue.tenant).hash, queue.priority_class, queue.has_spilled,
                   queue.late == 0);
        writer.put_all(chunks_of(queue), [&](const std::vector<int>& jobs) {
            writer.put_all(jobs, [&](int job) { writer.put(job); });
        });
        const auto priority_class = queue.priority_class;
        const auto standing_of = [&](const Queue& other) {
            return pieces_.at<Tenant>(other.tenant).standings[priority_class];
        };
        const auto latest = state_.latest[priority_class];
        const auto standing = standing_of(queue);
        auto least = latest;
        int turn = 0;
        for (const auto other : queues_) {
            const auto of_other = standing_of(pieces_.at<Queue>(other));
            least = std::min(least, of_other.pass);
            turn += of_other.turn < standing.turn ? 1 : 0;
        }
        writer.put(turn, (standing.pass - least) / unit, (latest - least) / unit);
    }
}

void World::put_session(Writer& writer, const Session& session) const {
    const auto& notes = session.notes;
    writer.put_all(session.held, [&](const Held& held) { writer.put(held.job, held.epoch); });
    writer.put(session.turns);
    if (session.todo.empty()) {
        return;
    }
    writer.put(session.transaction != 0, session.is_in_progress, session.is_ending, session.level,
               notes.has_missed, notes.loads_anew, notes.is_loading, notes.has_unlisted_leases,
               notes.loaded_at, session.claim_has_loaded, session.left, session.very_first,
               session.first, session.is_dry, session.has_loaded, session.has_missed,
               session.knows_all, session.target.job, session.target.epoch);
    writer.put_all(session.todo, [&](const Step& step) { writer.put(step.kind, step.argument); });
    writer.put_all(notes.published, [&](const Published& published) {
        const auto chunk = published.chunk;
        const auto queue = std::ranges::find(queues_, published.queue) - queues_.begin();
        writer.put(queue, published.level,
                   chunk == 0 ? nobody : number_of(pieces_.at<Chunk>(chunk).first().job));
    });
    writer.put_all(notes.taken, [&](const InHand& hand) {
        writer.put(number_of(hand.item.job), hand.level, hand.published_at, hand.fate, hand.look);
    });
    const auto put_note = [&](const LeaseNote& note) {
        writer.put(note.job, note.epoch, note.level);
    };
    writer.put_all(notes.begun_leases, put_note);
    writer.put_all(notes.ended_leases, put_note);
    writer.put_all(session.stretches, [&](const std::vector<int>& jobs) {
        writer.put_all(jobs, [&](int job) { writer.put(job); });
    });
    put_leases(writer, session.leased);
    put_leases(writer, session.known);
}

std::string World::code() const {
    Writer writer;
    put_rows(writer, rows_);
    put_slot(writer, slot_, state_);
    writer.put(errors_, crashes_, shortages_, is_disturbed_);
    for (const bool handed_out : handed_out_) {
        writer.put(handed_out && !is_disturbed_);
    }
    put_plane(writer);
    put_leases(writer, leased_);
    for (const auto& session : sessions_) {
        put_session(writer, session);
    }
    return writer.text();
}

}  // namespace ideamine::dispatch::world
