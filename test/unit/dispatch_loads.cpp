#include <algorithm>
#include <map>
#include <utility>

#include "dispatch_world.hpp"

namespace ideamine::dispatch::world {

// ---- names -------------------------------------------------------------------------------------

Uuid World::id_of(int number) {
    Uuid id;
    id.bytes.back() = static_cast<std::uint8_t>(number + 1);
    return id;
}

Item World::item(int job) {
    return {.job = id_of(job), .ready_at = Time{Duration{job + 1}}, .row = 0, .special = 0};
}

Key World::key_of(int job) const {
    const auto& [tenant, priority_class, at_first] = rules_->jobs[static_cast<std::size_t>(job)];
    return {.tenant = tenant,
            .hash = static_cast<std::uint32_t>(tenant.front()),
            .lane = "{}",
            .priority_class = priority_class};
}

Offset World::queue_of(int job) {
    const auto key = key_of(job);
    auto queue = plane().find_queue(key);
    if (queue == 0) {
        Parts parts{pieces_, key, plane().room_for(key)};
        queue = parts.complete() ? plane().make_queue(key, parts) : 0;
        if (queue != 0) {
            queues_.push_back(queue);
        }
    }
    return queue;
}

// ---- publishing --------------------------------------------------------------------------------

void World::look_at_phase(Session& session, int job) {
    if (slot_.phase != Phase::unloaded) {
        push(session, {{Kind::prepare_chunk, job}});
    } else if (!has(Fault::leaves_no_note_while_unloaded)) {
        session.notes.has_missed = true;
    }
}

void World::prepare_chunk(Session& session, int job) {
    const auto queue = queue_of(job);
    if (queue == 0) {
        session.notes.has_missed = !has(Fault::misses_in_silence);
        return;
    }
    const auto what = item(job);
    session.notes.published.push_back({.queue = queue,
                                       .chunk = make_chunk(pieces_, std::span{&what, 1}),
                                       .level = session.level});
}

void World::append(Session& session) {
    auto& notes = session.notes;
    if (slot_.phase == Phase::unloaded) {
        return;
    }
    slot_.has_missed = slot_.has_missed || notes.has_missed || notes.loads_anew;
    if (notes.loads_anew) {
        slot_.has_all_leases = false;
        slot_.has_lost_leases = true;
        slot_.is_early = false;
    }
    for (auto& [queue, chunk, level] : notes.published) {
        if (chunk == 0) {
            if (!has(Fault::spills_in_silence)) {
                plane().spill(queue);
            }
        } else if (!plane().has_spilled(queue) || has(Fault::adds_to_what_has_spilled)) {
            plane().add(queue, std::exchange(chunk, 0));
        }
    }
}

// ---- what comes back ---------------------------------------------------------------------------

// What a transaction has published itself nobody else may see yet.
void World::publish_again(Session& session, std::size_t first, bool kept_as_well) {
    auto& notes = session.notes;
    for (auto i = first; i < notes.taken.size(); ++i) {
        auto& hand = notes.taken[i];
        const bool comes_back = hand.fate == InHand::Fate::comes_back ||
                                (hand.fate != InHand::Fate::spent && kept_as_well);
        if (hand.published_at == 0 || !comes_back) {
            continue;
        }
        notes.published.push_back({.queue = hand.queue,
                                   .chunk = make_chunk(pieces_, std::span{&hand.item, 1}),
                                   .level = hand.published_at});
        hand.fate = InHand::Fate::spent;
    }
}

namespace {

bool comes_back(const InHand& hand) {
    return hand.fate == InHand::Fate::comes_back;
}

}  // namespace

InHand::Fate World::on_rollback(InHand::Fate fate) const {
    const bool is_gone = fate == InHand::Fate::dropped && has(Fault::drops_for_good);
    return fate == InHand::Fate::spent || is_gone ? InHand::Fate::spent : InHand::Fate::comes_back;
}

void World::start_to_put_back(Session& session, std::size_t first, bool kept_as_well) {
    publish_again(session, first, kept_as_well);
    auto& taken = session.notes.taken;
    for (auto i = first; i < taken.size(); ++i) {
        if (kept_as_well) {
            taken[i].fate = on_rollback(taken[i].fate);
        }
    }
    push(session, {with(Kind::put_back, first)});
    if (std::none_of(taken.begin() + static_cast<std::ptrdiff_t>(first), taken.end(), comes_back)) {
        run(session);
    }
}

// The last ones of one queue that were taken one after the other.
void World::put_back(Session& session, std::size_t first) {
    auto& taken = session.notes.taken;
    auto end = taken.size();
    while (end > first && !comes_back(taken[end - 1])) {
        --end;
    }
    std::vector<Item> items;
    while (end > first && comes_back(taken[end - 1]) &&
           (items.empty() || taken[end - 1].queue == taken[end].queue)) {
        items.push_back(taken[--end].item);
        taken[end].fate = InHand::Fate::spent;
    }
    if (!items.empty()) {
        is_disturbed_ = true;
        const auto queue = taken[end].queue;
        const auto chunk = make_chunk(pieces_, items);
        plane().refund(queue, pieces_.at<Queue>(queue).priority_class,
                       static_cast<std::uint32_t>(items.size()));
        chunk == 0 ? plane().spill(queue) : plane().add(queue, chunk);
    }
    const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(first);
    if (std::any_of(begin, taken.end(), comes_back)) {
        push(session, {with(Kind::put_back, first)});
        return;
    }
    taken.erase(std::remove_if(begin, taken.end(),
                               [](const InHand& hand) { return hand.fate == InHand::Fate::spent; }),
                taken.end());
}

// ---- loading -----------------------------------------------------------------------------------

bool World::is_due(Found found) const {
    if (slot_.phase != Phase::loaded) {
        return slot_.phase == Phase::unloaded;
    }
    const bool leases_fit = !slot_.has_all_leases && state_.leased < rules_->most_leases / 2;
    const bool are_missing =
        slot_.has_missed || leases_fit || (found != Found::enough && state_.spilled > 0);
    const bool has_given = state_.turns != slot_.turns_when_loaded;
    return are_missing && (!slot_.is_early || (found == Found::nothing && has_given));
}

void World::load_if_due(Session& session, Found found) {
    const bool is_first =
        found == Found::enough || !session.claim_has_loaded || has(Fault::loads_again_and_again);
    session.has_loaded = is_first && is_due(found);
    if (!session.has_loaded) {
        return;
    }
    session.claim_has_loaded = session.claim_has_loaded || found != Found::enough;
    is_disturbed_ = true;
    slot_.phase = Phase::loading;
    slot_.has_missed = slot_.has_missed && has(Fault::forgives_when_loaded);
    slot_.has_lost_leases = false;
    session.notes.is_loading = true;
    if (!has(Fault::clears_after_snapshot)) {
        free_chunks(pieces_, plane().clear());
    }
    push(session, {{Kind::read_table}, {Kind::place_leases}, {Kind::finish_loading}});
}

// What its transaction has done is read as if it were committed.
void World::read_table(Session& session) {
    std::map<std::tuple<std::uint8_t, std::string_view>, std::vector<int>> queues;
    session.has_missed = false;
    session.leased.clear();
    for (int job = 0; job < jobs(); ++job) {
        const auto [status, epoch, worker] = visible(session, row(job));
        if (status == Status::running) {
            session.leased.push_back({.job = id_of(job),
                                      .worker = id_of(worker),
                                      .epoch = epoch,
                                      .row = 0,
                                      .transaction = 0});
        } else if (status == Status::pending) {
            const auto key = key_of(job);
            queues[{key.priority_class, key.tenant}].push_back(job);
        }
    }
    session.stretches.clear();
    for (auto& [name, read] : queues) {
        if (!session.notes.is_loading || queue_of(read.front()) != 0) {
            session.stretches.push_back(std::move(read));
        } else {
            session.has_missed = true;
        }
    }
}

void World::place_leases(Session& session) {
    if (has(Fault::clears_after_snapshot)) {
        free_chunks(pieces_, plane().clear());
    }
    if (!slot_.has_all_leases) {
        add_leases(session.leased);
    }
    std::size_t size = 0;
    for (const auto& stretch : session.stretches) {
        size += stretch.size();
    }
    if (size > 0) {
        push(session, {{size > rules_->most_items ? Kind::thin_out : Kind::place_items}});
    }
}

// The highest class gets what it needs, and within a class each queue its share.
void World::thin_out(Session& session) {
    auto room = rules_->most_items;
    const auto class_of = [&](const std::vector<int>& jobs) {
        return key_of(jobs.front()).priority_class;
    };
    for (auto first = session.stretches.begin(); first != session.stretches.end();) {
        const auto last = std::find_if(first, session.stretches.end(), [&](const auto& jobs) {
            return class_of(jobs) != class_of(*first);
        });
        const auto total = [&](std::size_t most) {
            std::size_t sum = 0;
            std::for_each(first, last,
                          [&](const auto& jobs) { sum += std::min(jobs.size(), most); });
            return sum;
        };
        auto most = rules_->jobs.size();
        while (total(most) > room) {
            --most;
        }
        room -= total(most);
        for (; first != last; ++first) {
            if (first->size() > most) {
                plane().spill(queue_of(first->front()));
                first->resize(most);
            }
        }
    }
    std::erase_if(session.stretches, [](const auto& jobs) { return jobs.empty(); });
    if (!session.stretches.empty()) {
        push(session, {{Kind::place_items}});
    }
}

void World::place_items(Session& session) {
    const auto together = session.stretches.front();
    session.stretches.erase(session.stretches.begin());
    std::vector<Item> items;
    std::ranges::transform(together, std::back_inserter(items), item);
    const auto queue = queue_of(together.front());
    const auto chunk = make_chunk(pieces_, items);
    chunk == 0 ? plane().spill(queue) : plane().add(queue, chunk);
    if (!session.stretches.empty()) {
        push(session, {{Kind::place_items}});
    }
}

void World::finish_loading(Session& session) {
    slot_.phase = Phase::loaded;
    const bool trusts = has(Fault::trusts_loading_that_is_rolled_back);
    slot_.has_all_leases = slot_.has_all_leases || (!slot_.has_lost_leases && slot_.unlisted == 0 &&
                                                    (trusts || session.notes.ended_leases.empty()));
    slot_.has_missed =
        (slot_.has_missed && !has(Fault::forgives_when_loaded)) || session.has_missed;
    slot_.is_early = rules_->loading_takes_long;
    slot_.turns_when_loaded = state_.turns;
    session.notes.is_loading = false;
    session.notes.loaded_at = trusts ? 0 : session.level;
    session.leased.clear();
    session.has_missed = false;
}

void World::distrust_loading(Session& session) {
    session.notes.loaded_at = 0;
    slot_.has_missed = true;
    slot_.has_all_leases = false;
    slot_.has_lost_leases = true;
}

void World::give_up_loading(Session& session) {
    session.notes.is_loading = false;
    slot_.phase = Phase::loaded;
    slot_.has_missed = !has(Fault::gives_up_in_silence);
}

}  // namespace ideamine::dispatch::world
