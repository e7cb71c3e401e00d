// One pass each of what the background worker does about what is kept.
#include "access/caller_store.hpp"
#include "ideamine/pg/function.hpp"
#include "quota/partitions_store.hpp"
#include "quota/quota_settings.hpp"
#include "quota/violations_store.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_record_violations) {
    return pg::boundary([&] {
        access::require_platform("record_violations()");
        const pg::Spi spi;
        return Int64GetDatum(quota::record_violations());
    });
}

IDEAMINE_FUNCTION(ideamine_roll_up_usage) {
    return pg::boundary([&] {
        access::require_platform("roll_up_usage()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        quota::make_partitions(pg::now());
        return Int64GetDatum(quota::roll_up_usage(at));
    });
}

IDEAMINE_FUNCTION(ideamine_cleanup_old_usage_records) {
    return pg::boundary([&] {
        access::require_platform("cleanup_old_usage_records()");
        const pg::Arguments arguments{fcinfo};
        const auto keep = arguments.optional<Duration>(0).value_or(quota::usage_retention());
        const auto at = arguments.optional<Time>(1).value_or(pg::now());
        if (keep < Duration::zero()) {
            throw Error(Code::invalid_argument, "keep must not be negative");
        }
        const pg::Spi spi;
        quota::roll_up_usage(at);
        quota::purge_records(saturating_add(at, -keep));
        return Int64GetDatum(quota::drop_old_usage(at, keep));
    });
}
