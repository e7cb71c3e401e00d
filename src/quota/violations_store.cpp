#include "quota/violations_store.hpp"

#include "ideamine/pg/fault_point.hpp"
#include "ideamine/pg/key_lock.hpp"
#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/random.hpp"
#include "ideamine/pg/spi.hpp"
#include "quota/violations_shared.hpp"

namespace ideamine::quota {

namespace {

constinit pg::Statement count_repeat{
    "UPDATE ideamine.quota_violations v SET count = v.count + $5, last_at = greatest(v.last_at, "
    "$6),"
    "  severity = greatest(v.severity, $7::text::ideamine.severity),"
    "  asked = CASE WHEN $11 > v.overage THEN $8 ELSE v.asked END,"
    "  used = CASE WHEN $11 > v.overage THEN $9 ELSE v.used END,"
    "  \"limit\" = CASE WHEN $11 > v.overage THEN $10 ELSE v.\"limit\" END,"
    "  percent = CASE WHEN $11 > v.overage THEN $12 ELSE v.percent END,"
    "  overage = greatest(v.overage, $11)"
    " WHERE v.tenant_id = $1 AND v.violation_id = ("
    "  SELECT o.violation_id FROM ideamine.quota_violations o"
    "  WHERE o.tenant_id = $1 AND o.last_at > $4 AND o.first_at > $4"
    "   AND o.resource = $2::text::ideamine.resource AND o.action = $3::text::ideamine.quota_action"
    "  ORDER BY o.last_at DESC LIMIT 1)",
    pg::Statement::Kind::writes_latest};

constinit pg::Statement insert_violation{
    "INSERT INTO ideamine.quota_violations (violation_id, tenant_id, resource, action, first_at,"
    "  count, last_at, severity, asked, used, \"limit\", overage, percent)"
    " VALUES ($1, $2, $3::text::ideamine.resource, $4::text::ideamine.quota_action, $5, $6, $7,"
    "  $8::text::ideamine.severity, $9, $10, $11, $12, $13)"};

constinit pg::Statement insert_event{
    "INSERT INTO ideamine.events (event_id, tenant_id, event_type, payload, created_at)"
    " SELECT $1, v.tenant_id, $2, jsonb_build_object('violation_id', v.violation_id, 'resource',"
    "  v.resource, 'action', v.action, 'severity', v.severity, 'asked', v.asked, 'used', v.used,"
    "  'limit', CASE WHEN v.\"limit\" < 'infinity' THEN to_jsonb(v.\"limit\") END,"
    "  'overage', v.overage, 'percent', CASE WHEN v.percent < 'infinity' THEN to_jsonb(v.percent) "
    "END),"
    "  $3"
    " FROM ideamine.quota_violations v WHERE v.violation_id = $4 AND v.tenant_id = $5"};

constinit pg::Statement find_percent{
    "SELECT CASE WHEN $2 = 0 THEN CASE WHEN $1 > 0 THEN numeric 'infinity' ELSE 0 END"
    " ELSE round(100 * $1 / $2, 2) END"};

void write(const shared::Queued& queued) {
    const auto tenant = queued.tenant_view();
    const auto digits = decimal_digits(queued.resource);
    const auto units = [digits](admission::Amount amount) { return pg::Units{amount, digits}; };
    const auto severity = to_string(severity_of(queued.overage, queued.limit));
    const auto percent =
        find_percent.execute(units(queued.overage), units(queued.limit))[0].get<pg::Decimal>(0);
    const auto repeated =
        count_repeat.execute(tenant, to_string(queued.resource), to_string(queued.action),
                             queued.first_at - shared::repeat_time, queued.count, queued.last_at,
                             severity, units(queued.asked), units(queued.used), units(queued.limit),
                             units(queued.overage), percent);
    if (!repeated.empty()) {
        return;
    }
    const auto id = pg::make_uuid();
    insert_violation.execute(id, tenant, to_string(queued.resource), to_string(queued.action),
                             queued.first_at, queued.count, queued.last_at, severity,
                             units(queued.asked), units(queued.used), units(queued.limit),
                             units(queued.overage), percent);
    const auto* event = queued.action == Action::throttle ? "tenant-throttled" : "quota-violation";
    insert_event.execute(pg::make_uuid(), event, pg::now(), id, tenant);
}

constinit pg::Statement purge_violations{
    "DELETE FROM ideamine.quota_violations WHERE last_at < $1"};
constinit pg::Statement purge_events{"DELETE FROM ideamine.events WHERE created_at < $1"};

}  // namespace

void purge_records(Time before) {
    purge_violations.execute(before);
    purge_events.execute(before);
}

std::int64_t record_violations() {
    // who writes them keeps others from doing so until it has committed
    pg::lock_key(pg::KeyKind::violations, "quota_violations", "");
    std::int64_t count = 0;
    for (const auto& queued : shared::take_violations()) {
        pg::fault_point("violations.writing");
        write(queued);
        count += queued.count;
    }
    return count;
}

}  // namespace ideamine::quota
