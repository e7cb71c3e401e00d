#include <algorithm>
#include <utility>

#include "dispatch_world.hpp"

namespace ideamine::dispatch::world {

namespace {

class OpenGate final : public Gate {
  public:
    Answer ask(const Tenant&, const Lane&, std::uint8_t) override { return Answer::pass; }
};

}  // namespace

// ---- taking ------------------------------------------------------------------------------------

void World::acquire(Session& session, int wanted) {
    session.left = static_cast<std::size_t>(wanted);
    session.very_first = session.notes.taken.size();
    session.claim_has_loaded = false;
    push(session, {with(Kind::load_if_due, Found::enough), with(Kind::take, Stage::first)});
}

bool World::take_some(Session& session, Plane::Dry dry) {
    auto& notes = session.notes;
    session.first = notes.taken.size();
    std::vector<Offset> lanes;
    if (const auto lane = plane().find_lane("{}"); lane != 0) {
        lanes.push_back(lane);
    }
    std::vector<Taken> taken;
    taken.reserve(session.left);
    OpenGate gate;
    const auto dry_class = first_dry_class();
    plane().unpark_all();
    const auto result =
        plane().take({.lanes = lanes, .tenants = {}}, session.left, dry, gate, taken);
    free_chunks(pieces_, result.emptied);
    for (const auto& [item, queue, served_as] : taken) {
        check_place(item, queue);
        if (dry == Plane::Dry::ends) {
            check_order(number_of(item.job), dry_class);
        }
        handed_out_[static_cast<std::size_t>(number_of(item.job))] = true;
        notes.taken.push_back({.item = item, .queue = queue, .level = session.level});
    }
    check_circles(session);
    session.is_dry = result.is_dry;
    if (!result.is_dry) {
        take_own(session, session.left - taken.size());
    }
    return session.first < notes.taken.size();
}

// What this transaction has published: one item in each chunk.
void World::take_own(Session& session, std::size_t wanted) {
    auto& notes = session.notes;
    for (auto& published : notes.published) {
        if (wanted == 0 || published.chunk == 0) {
            continue;
        }
        --wanted;
        notes.taken.push_back({.item = pieces_.at<Chunk>(published.chunk).first(),
                               .queue = published.queue,
                               .level = session.level,
                               .published_at = published.level});
        pieces_.free(std::exchange(published.chunk, 0));
        published.queue = 0;
    }
    std::erase_if(notes.published, [](const Published& published) { return published.queue == 0; });
}

void World::take(Session& session, Stage stage) {
    const bool makes_do = stage == Stage::makes_do || stage == Stage::makes_do_last;
    if (take_some(session, makes_do ? Plane::Dry::makes_do : Plane::Dry::ends)) {
        return look_at_rows(session, session.first);
    }
    session.has_loaded = false;
    switch (stage) {
        case Stage::first:
            return push(session, {with(Kind::load_if_due, Found::little),
                                  with(Kind::go_on_claiming, Stage::after_little)});
        case Stage::makes_do:
            return push(session, {with(Kind::load_if_due, Found::nothing),
                                  with(Kind::go_on_claiming, Stage::after_nothing)});
        default:
            return go_on_claiming(session, stage);
    }
}

// After loading was due or not, or did not help.
void World::go_on_claiming(Session& session, Stage stage) {
    if (session.has_loaded) {
        push(session, {with(Kind::take, stage)});
    } else if (stage == Stage::after_little && session.is_dry) {
        push(session, {with(Kind::take, Stage::makes_do)});
    } else if (stage == Stage::after_nothing && session.is_dry) {
        push(session, {with(Kind::take, Stage::makes_do_last)});
    } else {
        start_to_put_back(session, session.very_first, false);
    }
}

// ---- looking at rows ---------------------------------------------------------------------------

// At the next one that does not stand there twice; leases those that could be locked.
void World::look_at_rows(Session& session, std::size_t hand) {
    auto& taken = session.notes.taken;
    const auto first = taken.begin() + static_cast<std::ptrdiff_t>(session.first);
    for (; hand < taken.size(); ++hand) {
        const auto here = taken.begin() + static_cast<std::ptrdiff_t>(hand);
        if (std::none_of(first, here,
                         [&](const InHand& other) { return other.item.job == here->item.job; })) {
            return push(session, {with(Kind::lock_row, hand)});
        }
        *here = {.item = here->item,
                 .queue = here->queue,
                 .level = here->level,
                 .published_at = here->published_at,
                 .fate = InHand::Fate::dropped,
                 .look = InHand::Look::done};
    }
    const auto any = [&](InHand::Look look) {
        return std::any_of(first, taken.end(), [&](const InHand& one) { return one.look == look; });
    };
    push(session, {any(InHand::Look::locked) ? Step{Kind::lease} : with(Kind::take, Stage::first)});
    if (any(InHand::Look::open)) {
        push(session, {{Kind::forget_gone}});
    }
}

void World::lock_row(Session& session, std::size_t hand) {
    auto& taken = session.notes.taken[hand];
    const auto job = number_of(taken.item.job);
    const bool is_ready = visible(session, row(job)).status == Status::pending;
    if (is_free(session, row(job)) && (is_ready || has(Fault::leases_without_a_look))) {
        lock(session, row(job));
        taken.look = InHand::Look::locked;
    }
    look_at_rows(session, hand + 1);
}

void World::forget_gone(Session& session) {
    for (auto i = session.first; i < session.notes.taken.size(); ++i) {
        auto& hand = session.notes.taken[i];
        if (hand.look == InHand::Look::open) {
            const auto now = visible(session, row(number_of(hand.item.job)));
            hand.look = InHand::Look::done;
            hand.fate = now.status == Status::pending && !has(Fault::drops_what_is_locked)
                            ? InHand::Fate::comes_back
                            : InHand::Fate::dropped;
        }
    }
}

// ---- leases ------------------------------------------------------------------------------------

void World::lease(Session& session) {
    auto& notes = session.notes;
    std::vector<Leased> leased;
    for (auto i = session.first; i < notes.taken.size(); ++i) {
        auto& hand = notes.taken[i];
        if (hand.look != InHand::Look::locked) {
            continue;
        }
        const auto job = number_of(hand.item.job);
        const auto epoch = visible(session, row(job)).epoch + 1;
        write(session, job, {.status = Status::running, .epoch = epoch, .worker = session.number});
        hand.look = InHand::Look::done;
        hand.fate = InHand::Fate::kept;
        --session.left;
        notes.begun_leases.push_back({.job = job,
                                      .epoch = epoch,
                                      .transaction = session.transaction,
                                      .level = session.level});
        leased.push_back({.job = id_of(job),
                          .worker = id_of(session.number),
                          .epoch = epoch,
                          .row = 0,
                          .transaction = session.transaction});
    }
    if (!has(Fault::leases_after_commit) && !add_leases(leased) &&
        !has(Fault::forgets_unlisted_leases) && !has(Fault::loses_leases_in_silence) &&
        !std::exchange(session.notes.has_unlisted_leases, true)) {
        ++slot_.unlisted;
    }
    if (session.left > 0) {
        push(session, {with(Kind::take, Stage::first)});
    } else {
        start_to_put_back(session, session.very_first, false);
    }
}

void World::lease_late(const Session& session) {
    std::vector<Leased> leased;
    for (const auto& [job, epoch, transaction, level] : session.notes.begun_leases) {
        leased.push_back({.job = id_of(job),
                          .worker = id_of(session.number),
                          .epoch = epoch,
                          .row = 0,
                          .transaction = transaction});
    }
    add_leases(leased);
}

// 0: there is no room.
Offset World::group_of(int job) {
    const auto key = key_of(job);
    auto tenant = plane().find_tenant(key.tenant, key.hash);
    if (tenant == 0) {
        auto node = make_tenant(pieces_, key.tenant, key.hash);
        tenant = node == 0 ? 0 : plane().make_tenant(key.tenant, key.hash, node);
    }
    if (tenant == 0) {
        return 0;
    }
    auto group = find_group(pieces_, tenant, key.priority_class, 0);
    if (group == 0) {
        auto node = make_group(pieces_, key.priority_class, 0);
        group = node == 0 ? 0 : place_group(pieces_, tenant, node);
    }
    return group;
}

// False: there is no room.
bool World::add_lease(const Leased& leased) {
    if (state_.leased >= rules_->most_leases) {
        return false;
    }
    const auto lease = pieces_.allocate(sizeof(Lease));
    if (lease == 0) {
        return false;
    }
    const auto group = group_of(number_of(leased.job));
    if (group != 0) {
        auto& node = pieces_.at<Lease>(lease);
        node.what = leased;
        node.what.priority_class = pieces_.at<Group>(group).priority_class;
        node.group = group;
    }
    if (group == 0 || !leases().add(lease)) {
        pieces_.free(lease);
    }
    return group != 0;
}

bool World::add_leases(const std::vector<Leased>& leased) {
    if (state_.leases == 0) {
        state_.leases = pieces_.allocate(sizeof(LeaseTable));
        if (state_.leases != 0) {
            pieces_.at<LeaseTable>(state_.leases) = {};
        }
    }
    const bool has_room =
        leased.empty() ||
        (state_.leases != 0 &&
         std::ranges::all_of(leased, [this](const Leased& what) { return add_lease(what); }));
    if (state_.leases != 0) {
        list_leases();
    }
    if (!has_room && !has(Fault::loses_leases_in_silence)) {
        slot_.has_all_leases = false;
        slot_.has_lost_leases = true;
    }
    return has_room;
}

void World::settle_unlisted(Session& session) {
    if (std::exchange(session.notes.has_unlisted_leases, false)) {
        --slot_.unlisted;
        slot_.has_all_leases = false;
        slot_.has_lost_leases = true;
    }
}

void World::free_leases(Offset lease) {
    while (lease != 0) {
        const auto next = pieces_.at<Lease>(lease).next_of_job;
        pieces_.free(std::exchange(lease, next));
    }
}

void World::settle_leases(Session& session, Settling how) {
    auto& begun = session.notes.begun_leases;
    auto& ended = session.notes.ended_leases;
    const int level = how == Settling::begun_since ? 2 : 0;
    if (state_.leases != 0 && how == Settling::ended) {
        for (const auto& note : ended) {
            free_leases(leases().end(id_of(note.job), note.epoch));
        }
    }
    for (const auto& note : begun) {
        if (state_.leases == 0 || how == Settling::ended || note.level < level) {
            continue;
        }
        free_leases(has(Fault::undoes_leases_of_others)
                        ? leases().end(id_of(note.job), note.epoch)
                        : leases().undo(id_of(note.job), note.epoch, note.transaction));
    }
    if (state_.leases != 0) {
        list_leases();
    }
    std::erase_if(begun, [level](const LeaseNote& note) { return note.level >= level; });
    std::erase_if(ended, [level](const LeaseNote& note) { return note.level >= level; });
    if (how != Settling::begun_since) {
        settle_unlisted(session);
    }
}

// After they were changed.
void World::list_leases() {
    leased_.clear();
    for (const auto& session : sessions_) {
        leases().list_of(id_of(session.number), leased_);
    }
}

// ---- reconciling -------------------------------------------------------------------------------

void World::ask_plane(Session& session) {
    const auto is_there = [&](int job) {
        const auto queue = plane().find_queue(key_of(job));
        return slot_.phase != Phase::loaded || slot_.has_missed ||
               (queue != 0 && !plane().is_passed(queue, item(job)));
    };
    for (auto& jobs : session.stretches) {
        std::erase_if(jobs, is_there);
    }
}

void World::lock_passed(Session& session) {
    for (const auto& jobs : session.stretches) {
        for (const auto job : jobs) {
            if (is_free(session, row(job)) &&
                visible(session, row(job)).status == Status::pending) {
                lock(session, row(job));
                push(session, {{Kind::look_at_phase, job}});
            }
        }
    }
    session.stretches.clear();
}

bool World::is_in_progress(std::uint32_t transaction) const {
    return std::ranges::any_of(sessions_, [transaction](const Session& session) {
        return session.transaction == transaction && session.is_in_progress;
    });
}

void World::compare_leases(Session& session) {
    for (const auto& known : session.known) {
        const auto now = visible(session, row(number_of(known.job)));
        const bool runs = now.status == Status::running && now.epoch == known.epoch;
        if (!runs && !is_in_progress(known.transaction) && state_.leases != 0) {
            free_leases(leases().undo(known.job, known.epoch, known.transaction));
        }
    }
    std::erase_if(session.leased, [&](const Leased& leased) {
        return !session.knows_all || std::ranges::count(session.known, leased) > 0;
    });
    add_leases(session.leased);
    session.leased.clear();
    session.known.clear();
}

}  // namespace ideamine::dispatch::world
