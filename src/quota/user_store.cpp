#include "quota/user_store.hpp"

#include "access/tenant_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/spi.hpp"
#include "ideamine/pg/time_partitions.hpp"
#include "quota/partitions_store.hpp"
#include "quota/quota_settings.hpp"
#include "quota/tenant_ledger_store.hpp"

namespace ideamine::quota {

namespace {

namespace counters = admission::shared;

using Kind = pg::Statement::Kind;

// Between names, in which no control character can be.
constexpr char separator = '\x1f';

constinit pg::Statement find_limits{
    "SELECT max_tokens_daily, max_cost_daily FROM ideamine.user_quota_limits"
    " WHERE user_id = $1 AND project_id = $2 AND tenant_id = $3",
    Kind::reads_latest};

constinit pg::Statement sum_today{
    "SELECT coalesce(sum(amount), 0) FROM ideamine.user_usage"
    " WHERE user_id = $1 AND project_id = $2 AND tenant_id = $3"
    "  AND resource = $4::text::ideamine.resource AND window_start = $5 AND recorded_at >= $5",
    Kind::reads_latest};

constinit const pg::TimePartitions usage{user_usage};

constinit pg::Statement insert_usage{
    "INSERT INTO ideamine.user_usage"
    " (tenant_id, project_id, user_id, resource, amount, window_start, recorded_at)"
    " VALUES ($1, $2, $3, $4::text::ideamine.resource, $5, $6, $7)"};

constinit pg::Statement make_limits{
    "INSERT INTO ideamine.user_quota_limits"
    " (user_id, project_id, tenant_id, max_tokens_daily, max_cost_daily, updated_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, project_id, tenant_id) DO NOTHING"};

constinit pg::Statement change_limits{
    "UPDATE ideamine.user_quota_limits SET max_tokens_daily = coalesce($4, max_tokens_daily),"
    "  max_cost_daily = coalesce($5, max_cost_daily), updated_at = $6"
    " WHERE user_id = $1 AND project_id = $2 AND tenant_id = $3"};

constinit pg::Statement list_users_of_today{
    "SELECT DISTINCT user_id, project_id FROM ideamine.user_usage"
    " WHERE tenant_id = $1 AND ($2::text IS NULL OR project_id = $2) AND window_start = $3"
    "  AND recorded_at >= $3 ORDER BY project_id, user_id",
    Kind::reads_latest};

User parse_id(std::string_view id) {
    const auto first = id.find(separator);
    const auto second = id.find(separator, first + 1);
    return {.tenant = std::string{id.substr(0, first)},
            .user = std::string{id.substr(first + 1, second - first - 1)},
            .project = std::string{id.substr(second + 1)}};
}

class UserLedger final : public admission::Ledger {
  public:
    constexpr UserLedger() = default;

    admission::Rules read_rules(std::string_view id, Time now) const override {
        const auto user = parse_id(id);
        const auto today = read_today(user.tenant, now);
        admission::Rules rules;
        rules.window_start = today.start;
        rules.window_end = today.end;
        const auto rows = find_limits.execute(user.user, user.project, user.tenant);
        for (const auto resource : {Resource::tokens, Resource::cost}) {
            const int column = resource == Resource::tokens ? 0 : 1;
            rules.windowed |= static_cast<std::uint8_t>(1U << index_of(resource));
            auto& limit = rules.limits[static_cast<std::size_t>(resource)].limit;
            if (rows.empty()) {
                limit =
                    resource == Resource::tokens ? default_tokens_daily() : default_cost_daily();
            } else {
                limit = pg::to_units("limit", rows[0].get<pg::Decimal>(column),
                                     decimal_digits(resource), pg::Rounding::up, true);
            }
        }
        return rules;
    }

    admission::Sums read_sums(std::string_view id, int resource, Time window_start) const override {
        const auto user = parse_id(id);
        const auto which = static_cast<Resource>(resource);
        const auto rows =
            sum_today.execute(user.user, user.project, user.tenant, to_string(which), window_start);
        return {.settled = pg::to_units("usage", rows[0].get<pg::Decimal>(0), decimal_digits(which),
                                        pg::Rounding::up, false)};
    }

    void report(std::string_view, int, admission::Happening,
                const admission::Reading&) const noexcept override {}
};

constinit const UserLedger ledger;

counters::Party party(const std::string& id) {
    return {.ledger = &ledger, .scope = user_scope(id)};
}

void append(const User& user, Resource resource, Amount amount, Time window_start) {
    const auto now = pg::now();
    const pg::Units units{amount, decimal_digits(resource)};
    if (!usage.append(user.tenant, user.project, user.user, pg::Label{to_string(resource)}, units,
                      window_start, now)) {
        ensure_partition(user_usage, now);
        insert_usage.execute(user.tenant, user.project, user.user, to_string(resource), units,
                             window_start, now);
    }
    pg::fault_point("user_usage.appended");
}

// What is asked for, of what is not zero.
std::vector<counters::Ask> asks_for(const std::string& id, const Consumption& asked) {
    std::vector<counters::Ask> asks;
    for (const auto& [resource, amount] :
         {std::pair{Resource::tokens, asked.tokens}, std::pair{Resource::cost, asked.cost}}) {
        if (amount > 0) {
            asks.push_back({.party = party(id), .resource = index_of(resource), .amount = amount});
        }
    }
    return asks;
}

void make_user(const User& user) {
    make_limits.execute(user.user, user.project, user.tenant,
                        pg::Units{default_tokens_daily(), decimal_digits(Resource::tokens)},
                        pg::Units{default_cost_daily(), decimal_digits(Resource::cost)}, pg::now());
}

using Answers = std::vector<counters::Answer>;

Answers take_always(std::span<const counters::Ask> asks) {
    Answers answers;
    for (const auto& ask : asks) {
        answers.push_back(counters::take(ask, counters::Purpose::usage));
    }
    return answers;
}

Answers take_if_allowed(std::span<const counters::Ask> asks) {
    return counters::admit(asks, counters::Throttling::ignored, counters::Purpose::usage);
}

bool all_allowed(const Answers& answers) {
    return std::ranges::all_of(answers,
                               [](const auto& answer) { return answer.verdict.allowed(); });
}

}  // namespace

const admission::Ledger& user_ledger() {
    return ledger;
}

admission::Scope user_scope(const std::string& id) {
    return {.kind = user_kind, .id = id};
}

std::string user_id(const User& user) {
    return user.tenant + separator + user.user + separator + user.project;
}

UserStanding standing_of(const User& user) {
    const auto id = user_id(user);
    return {.tokens = counters::read(party(id), index_of(Resource::tokens)),
            .cost = counters::read(party(id), index_of(Resource::cost))};
}

UserVerdict check_user(const User& user, const Consumption& asked) {
    const auto standing = standing_of(user);
    const auto now = pg::now();
    return {
        .tokens = judge(standing.tokens.limits, standing.tokens.usage, asked.tokens, false, now),
        .cost = judge(standing.cost.limits, standing.cost.usage, asked.cost, false, now),
        .standing = standing};
}

UserVerdict increment_user(const User& user, const Consumption& asked, bool always) {
    const auto id = user_id(user);
    make_user(user);
    const auto asks = asks_for(id, asked);
    auto verdict = check_user(user, always ? Consumption{} : asked);
    if (!verdict.allowed()) {
        return verdict;
    }
    const auto answers = always ? take_always(asks) : take_if_allowed(asks);
    if (!always && !all_allowed(answers)) {  // somebody else took it just now
        return check_user(user, asked);
    }
    for (std::size_t i = 0; i < asks.size(); ++i) {
        append(user, static_cast<Resource>(asks[i].resource), asks[i].amount,
               answers[i].reading.window_start);
    }
    verdict.standing = standing_of(user);
    return verdict;
}

void reset_user(const User& user) {
    const auto id = user_id(user);
    const auto standing = standing_of(user);
    for (const auto& [resource, reading] :
         {std::pair{Resource::tokens, standing.tokens}, std::pair{Resource::cost, standing.cost}}) {
        const auto used = in_use(reading.usage);
        const auto amount =
            used <= 0 ? 0
                      : counters::release(
                            {.party = party(id), .resource = index_of(resource), .amount = used});
        if (amount > 0) {
            append(user, resource, -amount, reading.window_start);
        }
    }
}

std::int64_t reset_users(const std::string& tenant, const std::optional<std::string>& project) {
    std::int64_t count = 0;
    for (const pg::Row row :
         list_users_of_today.execute(tenant, project, read_today(tenant, pg::now()).start)) {
        pg::check_interrupts();
        reset_user({.tenant = tenant,
                    .user = row.get<std::string>(0),
                    .project = row.get<std::string>(1)});
        ++count;
    }
    return count;
}

void set_user_limits(const User& user, const std::optional<Amount>& tokens,
                     const std::optional<Amount>& cost) {
    make_user(user);
    const auto units = [](const std::optional<Amount>& amount, Resource resource) {
        return amount ? std::optional{pg::Units{*amount, decimal_digits(resource)}} : std::nullopt;
    };
    change_limits.execute(user.user, user.project, user.tenant, units(tokens, Resource::tokens),
                          units(cost, Resource::cost), pg::now());
}

}  // namespace ideamine::quota
