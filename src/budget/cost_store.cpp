#include "budget/cost_store.hpp"

#include "budget/events_store.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/random.hpp"
#include "quota/needs.hpp"

namespace ideamine::budget {

namespace {

namespace counters = admission::shared;

constinit pg::Statement take_key{
    "INSERT INTO ideamine.cost_keys (tenant_id, idempotency_key, event_id, amount, recorded_at)"
    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, idempotency_key) DO NOTHING"
    " RETURNING event_id"};

constinit pg::Statement find_key{
    "SELECT event_id, amount FROM ideamine.cost_keys WHERE tenant_id = $1 AND idempotency_key = $2",
    pg::Statement::Kind::reads_latest};

// The event for which the key stands, if it did so before.
std::optional<Uuid> repeated(const Purpose& purpose, Amount amount, const std::string& key,
                             const Uuid& event) {
    const pg::AsOwner as_owner;
    const pg::Spi spi;
    if (!take_key.execute(purpose.tenant, key, event, in_dollars(amount), pg::now()).empty()) {
        return std::nullopt;
    }
    const auto rows = find_key.execute(purpose.tenant, key);
    const auto before =
        pg::to_units("amount", rows[0].get<pg::Decimal>(1), money_digits, pg::Rounding::up, false);
    if (before != amount) {
        throw Error(
            Code::conflict, "idempotency key \"" + key + "\" stands for another amount",
            "It was recorded with an amount of " + quota::to_decimal(before, money_digits) + ".",
            "Use another key for another cost.");
    }
    return rows[0].get<Uuid>(0);
}

}  // namespace

Answer answer_from(const Accounts& accounts, const std::vector<admission::Verdict>& verdicts,
                   const std::vector<admission::Reading>& readings) {
    Answer answer{.allowed = true, .remaining = unlimited, .scope = {}, .period = {}};
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        const auto left = remaining(readings[i].limits, readings[i].usage);
        if (!verdicts[i].allowed() && (answer.allowed || left < answer.remaining)) {
            answer.allowed = false;
            answer.scope = accounts.kind_of(i);
            answer.period = accounts.period_of(i);
        }
        answer.remaining = std::min(answer.remaining, left);
    }
    return answer;
}

Answer answer_from(const Accounts& accounts, const std::vector<counters::Answer>& answers) {
    std::vector<admission::Verdict> verdicts;
    std::vector<admission::Reading> readings;
    for (const auto& answer : answers) {
        verdicts.push_back(answer.verdict);
        readings.push_back(answer.reading);
    }
    return answer_from(accounts, verdicts, readings);
}

Recorded record(const Purpose& purpose, Amount amount, const Record& record) {
    const auto event = pg::make_uuid();
    const Accounts accounts{purpose};
    if (record.key) {
        if (const auto before = repeated(purpose, amount, *record.key, event)) {
            return {.event = *before, .is_new = false};
        }
    }
    const auto asks = amount > 0 ? accounts.asks(amount) : std::vector<counters::Ask>{};
    const auto answers = asks.empty() ? std::vector<counters::Answer>{}
                                      : counters::take(asks, counters::Purpose::usage);
    append({.id = event,
            .purpose = purpose,
            .amount = amount,
            .kind = "actual",
            .day_start = accounts.starts_of(answers).day,
            .reservation = {},
            .metadata = record.metadata});
    return {.event = event, .is_new = true};
}

Answer check(const Purpose& purpose, Amount amount) {
    const Accounts accounts{purpose, Writing::never};
    const auto now = pg::now();
    std::vector<admission::Verdict> verdicts;
    std::vector<admission::Reading> readings;
    for (const auto& ask : accounts.asks(amount)) {
        readings.push_back(counters::read(ask.party, ask.resource, now));
        verdicts.push_back(
            judge(readings.back().limits, readings.back().usage, amount, false, now));
    }
    return answer_from(accounts, verdicts, readings);
}

}  // namespace ideamine::budget
