// One pass each of what the background worker does about costs that are kept.
#include "access/caller_store.hpp"
#include "budget/budget_settings.hpp"
#include "budget/purge_store.hpp"
#include "budget/rollups_store.hpp"
#include "ideamine/pg/function.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_purge_costs) {
    return pg::boundary([&] {
        access::require_platform("purge_costs()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(budget::purge(at));
    });
}

IDEAMINE_FUNCTION(ideamine_roll_up_costs) {
    return pg::boundary([&] {
        access::require_platform("roll_up_costs()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(budget::roll_up_costs(at));
    });
}

IDEAMINE_FUNCTION(ideamine_drop_old_costs) {
    return pg::boundary([&] {
        access::require_platform("drop_old_costs()");
        const pg::Arguments arguments{fcinfo};
        const auto keep = arguments.optional<Duration>(0).value_or(budget::cost_retention());
        const auto at = arguments.optional<Time>(1).value_or(pg::now());
        if (keep < Duration::zero()) {
            throw Error(Code::invalid_argument, "keep must not be negative");
        }
        const pg::Spi spi;
        return Int64GetDatum(budget::drop_old_costs(at, keep));
    });
}
