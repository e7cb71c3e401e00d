#include "jobs/job_rows_store.hpp"

#include "ideamine/pg/transaction_id.hpp"
#include "jobs/jobs_table.hpp"
#include "jobs/leased_store.hpp"

namespace ideamine::jobs {

namespace {

enum Column : std::size_t {
    job_id,
    started_at,
    epoch_column,
    status,
    priority_class_column,
    attempt,
    dependents,
    tenant_id,
    job_type,
    queue_column,
    payload,
    ready_at,
    worker_id,
    finished_at,
    lease_column,
    timeout,
    run_id,
    checkpoint,
    result_column,
    concurrency_key,
    context,
    quorum_of_column,
    needs,
    stop_by,
    preemptions,
    inherited_class,
    column_count
};

constinit pg::Columns<column_count> columns{
    {"job_id",      "started_at",      "epoch",    "status",    "priority_class", "attempt",
     "dependents",  "tenant_id",       "job_type", "queue",     "payload",        "ready_at",
     "worker_id",   "finished_at",     "lease",    "timeout",   "run_id",         "checkpoint",
     "result",      "concurrency_key", "context",  "quorum_of", "needs",          "stop_by",
     "preemptions", "inherited_class"}};

int number(Column column) {
    return columns.numbers[column];
}

}  // namespace

JobRows::JobRows() : plain_(is_plain(table_, pg::Table::Write::update)) {
    if (plain_) {
        table_.look_up(columns);
        table_.look_up(statuses);
        table_.look_up(classes);
    }
}

bool JobRows::find(const Uuid& job, const pg::Tid& tid) {
    return table_.find(tid) && table_.get<Uuid>(number(job_id)) == job;
}

void JobRows::find_locked(const pg::Tid& tid) {
    if (!table_.find(tid)) {
        throw std::logic_error("a row that is locked is not there");
    }
}

bool JobRows::is_ready() const {
    return table_.is(number(status), statuses["pending"]) && !table_.is_null(number(ready_at));
}

bool JobRows::runs_by(Epoch epoch) const {
    return table_.is(number(status), statuses["running"]) && this->epoch() == epoch;
}

bool JobRows::has_key() const {
    return !table_.is_null(number(concurrency_key));
}

bool JobRows::takes_statement() const {
    return has_key() || !table_.is_null(number(stop_by));
}

bool JobRows::is_special() const {
    return has_key() || !table_.is_null(number(quorum_of_column));
}

bool JobRows::is_counted() const {
    return !table_.is_null(number(run_id)) || !table_.is_null(number(needs));
}

bool JobRows::has_dependents() const {
    return table_.get<std::int32_t>(number(dependents)) > 0;
}

std::optional<Uuid> JobRows::quorum_of() const {
    return table_.optional<Uuid>(number(quorum_of_column));
}

std::string_view JobRows::tenant() const {
    return table_.get<std::string_view>(number(tenant_id));
}

std::string_view JobRows::queue() const {
    return table_.get<std::string_view>(number(queue_column));
}

PriorityClass JobRows::served_as() const {
    return served_class_of(table_, number(priority_class_column), number(inherited_class));
}

Epoch JobRows::epoch() const {
    return table_.get<Epoch>(number(epoch_column));
}

quota::LeaseDemand JobRows::demand() const {
    return Released::demand_of(table_.optional<Uuid>(number(run_id)),
                               table_.optional<pg::Json>(number(needs)));
}

Holding JobRows::holding() const {
    return {.key = table_.optional<std::string>(number(concurrency_key)),
            .demand = demand(),
            .priority_class = served_as(),
            .since = table_.optional<Time>(number(started_at))};
}

dispatch::Leased JobRows::lease(const Uuid& worker, Epoch first_epoch, Time now, Duration lease,
                                pg::Returned& returned) {
    const auto epoch = std::max(this->epoch() + 1, first_epoch);
    const auto attempts = table_.get<std::int32_t>(number(attempt)) + 1;
    const auto limit = table_.optional<Duration>(number(timeout));
    const auto job = table_.get<Uuid>(number(job_id));
    returned.add(tenant(), job, epoch, attempts, table_.get<std::string_view>(number(job_type)),
                 table_.get<pg::Json>(number(payload)),
                 table_.optional<pg::Json>(number(checkpoint)), saturating_add(now, lease),
                 limit ? std::optional{saturating_add(now, *limit)} : std::nullopt,
                 table_.optional<pg::Json>(number(context)));
    const auto written = pg::call([&] {
        return std::array{statuses["running"],      Int64GetDatum(epoch),
                          Int32GetDatum(attempts),  pg::Type<Uuid>::put(worker),
                          pg::Type<Time>::put(now), pg::Type<Duration>::put(lease)};
    });
    const std::array changed{number(status),    number(epoch_column), number(attempt),
                             number(worker_id), number(started_at),   number(lease_column)};
    if (!table_.try_update(pg::Table::Lock::own, changed, written)) {
        throw std::logic_error("a row that is locked was changed by somebody else");
    }
    dispatch::Leased leased{
        .job = job,
        .worker = worker,
        .epoch = epoch,
        .row = key_of(table_.tid()),
        .priority_class = static_cast<std::uint8_t>(served_as()),
        .preemptions = told_preemptions(table_.get<std::int32_t>(number(preemptions))),
        .transaction = pg::own_transaction(),
        .since = now};
    if (is_counted()) {
        tell_demand(leased, demand());
    }
    return leased;
}

bool JobRows::try_complete(Time now, const std::optional<pg::Json>& result) {
    const std::array changed{number(status), number(finished_at), number(result_column)};
    return table_.try_update(pg::Table::Lock::none, changed,
                             {statuses["completed"], TimestampTzGetDatum(pg::to_timestamptz(now)),
                              result ? result->datum : Datum{0}},
                             {false, false, !result});
}

}  // namespace ideamine::jobs
