#include "jobs/gate_store.hpp"

#include <map>
#include <set>

#include "jobs/concurrency_store.hpp"

namespace ideamine::jobs {

namespace {

using Kind = pg::Statement::Kind;

constinit pg::Statement describe{
    "SELECT j.ctid, j.queue, j.concurrency_key, j.concurrency_limit, j.quorum_of, j.tenant_id"
    " FROM unnest($1) AS locked (tid) JOIN ideamine.jobs j ON j.ctid = locked.tid",
    Kind::writes_by_tid};

// Locked until what is put aside for them is committed, so that whoever resumes them finds it.
constinit pg::Statement hold_paused{
    "SELECT queue FROM ideamine.paused_queues WHERE tenant_id = $1 ORDER BY queue"
    " FOR KEY SHARE SKIP LOCKED"};

std::set<std::string> paused_queues(const std::string& tenant) {
    std::set<std::string> queues;
    for (const pg::Row row : hold_paused.execute(tenant)) {
        queues.insert(row.get<std::string>(0));
    }
    return queues;
}

constinit pg::Statement set_aside{
    "UPDATE ideamine.jobs j SET status = $2::text::ideamine.job_status"
    " FROM unnest($1) AS locked (tid) WHERE j.ctid = locked.tid",
    Kind::writes_by_tid};

// A worker that runs a vote, or has given one.
constinit pg::Statement find_vote{
    "SELECT FROM ideamine.jobs"
    " WHERE quorum_of = $1 AND tenant_id = $2 AND worker_id = $3"
    "  AND status IN ('running', 'completed')",
    Kind::reads_latest};

// Of a job that is not decided yet, found by its id: see lock_job in quorum_store.cpp.
constinit pg::Statement find_undecided{
    "SELECT FROM ideamine.jobs WHERE job_id = $1 AND tenant_id = $2 AND status::text = 'blocked'",
    Kind::reads_latest};

// A vote that somebody had in hand when its job was decided, and gave back.
constinit pg::Statement cancel_decided{
    "UPDATE ideamine.jobs j SET status = 'cancelled', cancel_reason = 'the vote is decided',"
    "  finished_at = $2, ready_at = NULL"
    " FROM unnest($1) AS locked (tid) WHERE j.ctid = locked.tid",
    Kind::writes_by_tid};

// Two calls of one worker must not both take a vote for one job.
#define IDEAMINE_LOCK_WORKER "SELECT FROM ideamine.workers WHERE worker_id = $1 FOR NO KEY UPDATE"
constinit pg::Statement lock_worker{IDEAMINE_LOCK_WORKER};
constinit pg::Statement try_lock_worker{IDEAMINE_LOCK_WORKER " SKIP LOCKED"};

// Jobs that are not to be handed out now.
struct Aside {
    Tids paused;
    Tids parked;
    Tids decided;
    std::set<std::uint64_t> all;

    bool has(const pg::Tid& tid) const { return all.contains(key_of(tid)); }
    void leave(const pg::Tid& tid) { all.insert(key_of(tid)); }
    void pause(const pg::Tid& tid) {
        paused.push_back(tid);
        leave(tid);
    }
    void park(const pg::Tid& tid) {
        parked.push_back(tid);
        leave(tid);
    }
    void cancel(const pg::Tid& tid) {
        decided.push_back(tid);
        leave(tid);
    }
    void write() const {
        if (!paused.empty()) {
            set_aside.execute(paused, std::string_view{"paused"});
        }
        if (!parked.empty()) {
            set_aside.execute(parked, std::string_view{"blocked"});
        }
        if (!decided.empty()) {
            cancel_decided.execute(decided, pg::now());
        }
    }
};

}  // namespace

struct Gate::Sorting {
    struct Keyed {
        pg::Tid tid;
        std::int64_t limit;
    };

    Aside aside;
    std::map<std::string, std::vector<Keyed>> keyed;
    std::set<Uuid> voted_for;
};

Gate::Gate(const Uuid& worker, bool may_wait) : worker_(worker), may_wait_(may_wait) {}

// Who ends a vote may hold the worker and wait for a concurrency key: with such a key locked, the
// worker is not waited for.
bool Gate::may_vote(const std::string& tenant, const Uuid& job) const {
    if (may_wait_ && !has_locked_) {
        lock_worker.execute(worker_);
    } else if (try_lock_worker.execute(worker_).empty()) {
        return false;
    }
    return find_vote.execute(job, tenant, worker_).empty();
}

void Gate::sort_vote(const std::string& tenant, const pg::Tid& tid, const Uuid& job,
                     Sorting& sorting) const {
    if (find_undecided.execute(job, tenant).empty()) {
        sorting.aside.cancel(tid);
    } else if (!may_vote(tenant, job) || !sorting.voted_for.insert(job).second) {
        sorting.aside.leave(tid);
    }
}

void Gate::sort(const std::string& tenant, const Candidates& candidates, Sorting& sorting) const {
    std::set<std::uint64_t> in_paused_queue;
    std::ranges::transform(candidates.paused, std::inserter(in_paused_queue, in_paused_queue.end()),
                           key_of);
    const auto paused = in_paused_queue.empty() ? std::set<std::string>{} : paused_queues(tenant);
    for (const pg::Row row : describe.execute(candidates.special)) {
        const auto tid = row.get<pg::Tid>(0);
        if (in_paused_queue.contains(key_of(tid))) {
            if (paused.contains(row.get<std::string>(1))) {
                sorting.aside.pause(tid);
            } else {  // being resumed at this moment
                sorting.aside.leave(tid);
            }
            continue;
        }
        if (const auto job = row.optional<Uuid>(4)) {
            sort_vote(tenant, tid, *job, sorting);
        }
        if (const auto key = row.optional<std::string>(2); key && !sorting.aside.has(tid)) {
            sorting.keyed[*key].push_back({tid, row.get<std::int32_t>(3)});
        }
    }
}

void Gate::ask_keys(const std::string& tenant, Sorting& sorting) {
    for (const auto& [key, jobs] : sorting.keyed) {
        // a second lock is not waited for: two claims could wait for each other
        const bool is_locked = lock_concurrency_key(tenant, key, may_wait_ && !has_locked_);
        has_locked_ = has_locked_ || is_locked;
        auto running = is_locked ? count_running(tenant, key) : 0;
        for (const auto& [tid, limit] : jobs) {
            if (!is_locked) {
                sorting.aside.leave(tid);
            } else if (running >= limit) {
                sorting.aside.park(tid);
            } else {
                ++running;
            }
        }
    }
}

Admitted Gate::admit(const std::string& tenant, const Candidates& candidates) {
    Sorting sorting;
    sort(tenant, candidates, sorting);
    ask_keys(tenant, sorting);
    sorting.aside.write();
    Admitted admitted;
    for (const auto* written :
         {&sorting.aside.paused, &sorting.aside.parked, &sorting.aside.decided}) {
        admitted.aside.insert(admitted.aside.end(), written->begin(), written->end());
    }
    std::ranges::copy_if(candidates.locked, std::back_inserter(admitted.tids),
                         [&](const pg::Tid& tid) { return !sorting.aside.has(tid); });
    return admitted;
}

bool Gate::could_admit(const Candidates& candidates) const {
    if (candidates.special.size() < candidates.locked.size()) {
        return true;
    }
    for (const pg::Row row : describe.execute(candidates.special)) {
        const auto job = row.optional<Uuid>(4);
        if (!job || find_vote.execute(*job, row.get<std::string>(5), worker_).empty()) {
            return true;
        }
    }
    return false;
}

}  // namespace ideamine::jobs
