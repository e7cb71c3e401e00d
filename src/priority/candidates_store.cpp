#include "priority/candidates_store.hpp"

#include <map>
#include <set>

#include "dispatch/leases_shared.hpp"
#include "dispatch/running.hpp"
#include "jobs/load_store.hpp"
#include "jobs/released_store.hpp"
#include "jobs/served_class.hpp"
#include "priority/priority_settings.hpp"

extern "C" {
#include "access/xlog.h"
}

namespace ideamine::priority {

namespace {

namespace plane = dispatch::shared;
using Kind = pg::Statement::Kind;

#define IDEAMINE_CANDIDATE \
    "j.tenant_id, j.job_id, " IDEAMINE_SERVED_AS("j") "::text, j.run_id, j.started_at," \
    " j.checkpoint_at, j.preemptions, j.resumed_at, j.needs, j.epoch"

// Those that still run by the leases that are known.
constinit pg::Statement find_rows{
    "SELECT " IDEAMINE_CANDIDATE
    " FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS n (job_id, tenant_id, epoch)"
    " CROSS JOIN LATERAL (SELECT * FROM ideamine.jobs"
    "  WHERE job_id = n.job_id AND tenant_id = n.tenant_id AND epoch = n.epoch"
    "   AND status::text = 'running' OFFSET 0) AS j",
    Kind::reads};

// Where shared memory does not know all that runs.
constinit pg::Statement walk_rows{
    "SELECT " IDEAMINE_CANDIDATE
    " FROM ideamine.jobs AS j"
    " WHERE j.status = 'running'"
    "  AND " IDEAMINE_SERVED_AS("j") " > $1::text::ideamine.priority_class"
    "  AND ($2::text[] IS NULL OR j.tenant_id = ANY ($2)) AND ($3::text IS NULL OR j.needs ? $3)"
    " ORDER BY " IDEAMINE_SERVED_AS("j") " DESC, greatest(j.started_at, j.checkpoint_at) DESC,"
    "  j.preemptions, j.job_id LIMIT $4",
    Kind::walks};

Running read_running(const pg::Row& row) {
    return {.tenant = row.get<std::string>(0),
            .job = row.get<Uuid>(1),
            .run = row.optional<Uuid>(3),
            .checkpoint_at = row.optional<Time>(5),
            .attempt = {.priority_class = jobs::parse_priority_class(row.get<std::string>(2)),
                        .preemptions = row.get<std::int32_t>(6),
                        .resumed_at = row.optional<Time>(7),
                        .started_at = row.optional<Time>(4).value_or(Time::min())},
            .needs = jobs::Released::demand_of({}, row.optional<pg::Json>(8)).needs,
            .epoch = row.get<std::int64_t>(9)};
}

bool may_give_way(const Running& running, const Search& search, Time now) {
    auto rules = limits();
    rules.fails_at_limit = rules.fails_at_limit || search.spares_nobody;
    const auto legality = judge(running.attempt, rules, search.for_class, now);
    return legality == Legality::may || legality == Legality::fails;
}

int place_of(const std::optional<quota::Resource>& resource) {
    const auto* found =
        resource ? std::ranges::find(quota::leasable, *resource) : quota::leasable.end();
    return found == quota::leasable.end() ? -1 : static_cast<int>(found - quota::leasable.begin());
}

// As far as shared memory knows them; none: it does not know all of them.
std::optional<std::vector<plane::YieldingJob>> known(const Search& search, std::size_t most) {
    if (!plane::is_available() || RecoveryInProgress()) {
        return std::nullopt;
    }
    jobs::load_if_due(plane::Found::enough);
    auto yielding = plane::who_gives_way({.tenants = search.tenants ? &*search.tenants : nullptr,
                                          .below = static_cast<std::uint8_t>(search.for_class),
                                          .resource = place_of(search.resource),
                                          .most = most});
    return yielding.are_all_known ? std::optional{std::move(yielding.jobs)} : std::nullopt;
}

std::vector<Running> walk(const Search& search, std::size_t most) {
    const auto resource =
        search.resource ? std::optional{to_string(*search.resource)} : std::nullopt;
    std::vector<Running> found;
    for (const pg::Row row : walk_rows.execute(jobs::to_string(search.for_class), search.tenants,
                                               resource, static_cast<std::int64_t>(most))) {
        found.push_back(read_running(row));
    }
    return found;
}

using ById = std::map<Uuid, Running>;

ById read_rows(std::span<const plane::YieldingJob> yielding) {
    std::vector<Uuid> ids;
    std::vector<std::string> tenants;
    std::vector<std::int64_t> epochs;
    for (const auto& [tenant, what] : yielding) {
        ids.push_back(what.job);
        tenants.push_back(tenant);
        epochs.push_back(what.epoch);
    }
    ById rows;
    for (const pg::Row row : find_rows.execute(ids, tenants, epochs)) {
        auto running = read_running(row);
        rows.emplace(running.job, std::move(running));
    }
    return rows;
}

void add(pg::Returned& returned, const Running& running, Time now) {
    const auto amount = [&](quota::Resource resource) {
        return pg::Units{running.needs[resource], quota::decimal_digits(resource)};
    };
    returned.add(running.tenant, running.job,
                 pg::Enum{"priority_class", jobs::to_string(running.attempt.priority_class)},
                 running.run, running.attempt.started_at, running.checkpoint_at,
                 std::max(now - running.since(), Duration::zero()), running.attempt.preemptions,
                 amount(quota::Resource::cpu), amount(quota::Resource::memory),
                 amount(quota::Resource::gpu));
}

}  // namespace

// More than are asked for, since some may not give way.
std::vector<Running> candidates(const Search& search, std::size_t most, Time now) {
    constexpr std::size_t spare = 16;
    for (auto looked_at = most + spare;; looked_at *= 4) {
        const auto yielding = known(search, looked_at);
        std::vector<Running> found = yielding ? std::vector<Running>{} : walk(search, looked_at);
        const auto listed = yielding ? yielding->size() : found.size();
        if (yielding) {
            auto rows = read_rows(*yielding);
            for (const auto& [tenant, what] : *yielding) {
                if (const auto row = rows.find(what.job); row != rows.end()) {
                    found.push_back(std::move(row->second));
                }
            }
        }
        std::erase_if(found,
                      [&](const auto& running) { return !may_give_way(running, search, now); });
        if (found.size() >= most || listed < looked_at) {
            found.resize(std::min(found.size(), most), Running{});
            return found;
        }
    }
}

void list_candidates(const Search& search, std::size_t most, pg::Returned& returned) {
    const auto now = pg::now();
    for (const auto& running : candidates(search, most, now)) {
        add(returned, running, now);
    }
}

namespace {

Candidate candidate_of(const Running& running) {
    Candidate candidate{.priority_class = running.attempt.priority_class, .holds = {}};
    std::ranges::transform(quota::leasable, candidate.holds.begin(),
                           [&](auto resource) { return running.needs[resource]; });
    return candidate;
}

Candidate candidate_of(const plane::YieldingJob& job) {
    return {.priority_class = static_cast<jobs::PriorityClass>(job.what.priority_class),
            .holds = job.what.holds};
}

template <typename Jobs>
std::vector<Candidate> as_candidates(const Jobs& jobs) {
    std::vector<Candidate> all;
    all.reserve(jobs.size());
    for (const auto& job : jobs) {
        all.push_back(candidate_of(job));
    }
    return all;
}

constexpr std::size_t most_candidates = 1'000'000;

// The rows of those that were chosen are looked at, and who may not give way is left out of the
// next choice.
std::vector<Running> choose(std::vector<plane::YieldingJob> yielding, const Search& search,
                            Amount amount, Time now) {
    const auto resource = static_cast<std::size_t>(place_of(search.resource));
    for (;;) {
        pg::check_interrupts();
        std::vector<plane::YieldingJob> chosen;
        for (const auto place : select_victims(as_candidates(yielding), resource, amount)) {
            chosen.push_back(yielding[place]);
        }
        const auto rows = read_rows(chosen);
        std::vector<Running> victims;
        std::set<Uuid> unfit;
        for (const auto& job : chosen) {
            const auto row = rows.find(job.what.job);
            if (row != rows.end() && may_give_way(row->second, search, now)) {
                victims.push_back(row->second);
            } else {
                unfit.insert(job.what.job);
            }
        }
        if (unfit.empty()) {
            return victims;
        }
        std::erase_if(yielding, [&](const auto& job) { return unfit.contains(job.what.job); });
    }
}

}  // namespace

void list_victims(const Search& search, Amount amount, pg::Returned& returned) {
    const auto now = pg::now();
    std::vector<Running> victims;
    if (auto yielding = known(search, most_candidates)) {
        victims = choose(*std::move(yielding), search, amount, now);
    } else {
        const auto found = candidates(search, most_candidates, now);
        const auto resource = static_cast<std::size_t>(place_of(search.resource));
        for (const auto place : select_victims(as_candidates(found), resource, amount)) {
            victims.push_back(found[place]);
        }
    }
    for (const auto& victim : victims) {
        add(returned, victim, now);
    }
}

}  // namespace ideamine::priority
