#include "jobs/live_rows_store.hpp"

#include "jobs/gate_store.hpp"
#include "jobs/leased_store.hpp"
#include "jobs/publish_store.hpp"

extern "C" {
#include "utils/fmgroids.h"
}

namespace ideamine::jobs {

namespace {

enum Column : std::size_t {
    job_id,
    status,
    priority_class,
    tenant_id,
    required_capabilities,
    ready_at,
    worker_id,
    epoch,
    started_at,
    run_id,
    concurrency_key,
    quorum_of,
    needs,
    preemptions,
    checkpoint_at,
    inherited_class,
    column_count
};

// The last ones came with version 1.1 and 1.2.
constinit pg::Columns<column_count> columns{
    .names = {"job_id", "status", "priority_class", "tenant_id", "required_capabilities",
              "ready_at", "worker_id", "epoch", "started_at", "run_id", "concurrency_key",
              "quorum_of", "needs", "preemptions", "checkpoint_at", "inherited_class"},
    .required = concurrency_key};

int number(Column column) {
    return columns.numbers[column];
}

}  // namespace

LiveRows::LiveRows() {
    table_.look_up(columns);
    table_.look_up(statuses);
    table_.look_up(classes);
}

bool LiveRows::next(Time before) {
    const auto pending = statuses["pending"];
    const auto running = statuses["running"];
    const auto is_before = [&, this](Column column) {
        const auto at = table_.optional<Time>(number(column));
        return at && *at <= before;
    };
    return table_.next([&, this] {
        return (table_.is(number(status), pending) && is_before(ready_at)) ||
               (table_.is(number(status), running) && is_before(started_at));
    });
}

bool LiveRows::is_running() const {
    return table_.is(number(status), statuses["running"]);
}

std::uint8_t LiveRows::served_as() const {
    return static_cast<std::uint8_t>(
        served_class_of(table_, number(priority_class), number(inherited_class)));
}

bool LiveRows::is_counted() const {
    return !table_.is_null(number(run_id)) || !table_.is_null(number(needs));
}

// Nearly all jobs ask for one of a few things.
const std::string& LiveRows::lane() {
    const auto mark = is_counted() ? lane_mark(true, held()) : std::string{};
    bool null = false;
    const Datum required = table_.datum(number(required_capabilities), &null);
    key_.assign(pg::Type<std::string_view>::get(required));
    key_ += mark;
    const auto [lane, is_new] = lanes_.try_emplace(key_);
    if (is_new) {
        lane->second =
            pg::call([required] { return OidOutputFunctionCall(F_ARRAY_OUT, required); }) + mark;
    }
    return lane->second;
}

dispatch::shared::Ready LiveRows::ready() {
    const auto& lane = this->lane();
    const bool is_special = lane.back() == counted_mark ||
                            !table_.is_null(number(concurrency_key)) ||
                            !table_.is_null(number(quorum_of));
    return {.tenant = tenant(),
            .lane = lane,
            .priority_class = served_as(),
            .item = {.job = table_.get<Uuid>(number(job_id)),
                     .ready_at = table_.get<Time>(number(ready_at)),
                     .row = key_of(table_.tid()),
                     .special = is_special}};
}

std::string_view LiveRows::tenant() const {
    return table_.get<std::string_view>(number(tenant_id));
}

// What cannot be read holds nothing: one row must not keep all others from being handed out.
const quota::Needs& LiveRows::held() {
    static constexpr quota::Needs none{};
    const auto json = table_.optional<pg::Json>(number(needs));
    if (!json) {
        return none;
    }
    key_.assign(pg::Type<std::string_view>::get(json->datum));
    const auto [held, is_new] = needs_.try_emplace(key_);
    if (is_new) {
        try {
            held->second = quota::read_needs(pg::JsonValue::of(*json));
        } catch (const Error&) {
            held->second = none;
        }
    }
    return held->second;
}

dispatch::Leased LiveRows::leased() {
    dispatch::Leased leased{
        .job = table_.get<Uuid>(number(job_id)),
        .worker = table_.optional<Uuid>(number(worker_id)).value_or(Uuid{}),
        .epoch = table_.get<std::int64_t>(number(epoch)),
        .row = key_of(table_.tid()),
        .priority_class = served_as(),
        .preemptions =
            told_preemptions(table_.optional<std::int32_t>(number(preemptions)).value_or(0)),
        .since = std::max(table_.get<Time>(number(started_at)),
                          table_.optional<Time>(number(checkpoint_at)).value_or(Time::min()))};
    if (is_counted()) {
        tell_demand(leased, {.needs = held(), .run = table_.optional<Uuid>(number(run_id))});
    }
    return leased;
}

}  // namespace ideamine::jobs
