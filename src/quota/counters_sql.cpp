#include "access/caller_store.hpp"
#include "admission/accounts_shared.hpp"
#include "admission/upkeep_shared.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/trigger.hpp"
#include "quota/audit_store.hpp"
#include "quota/platform_ledger_store.hpp"
#include "quota/room.hpp"
#include "quota/tenant_ledger_store.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_get_counter_memory) {
    return pg::boundary([&] {
        access::require_platform("get_counter_memory()");
        const pg::Arguments arguments{fcinfo};
        const auto [accounts, counters] = admission::shared::memory_used();
        pg::Returned returned{arguments};
        returned.add(static_cast<std::int64_t>(accounts), static_cast<std::int64_t>(counters));
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_audit_counters) {
    return pg::boundary([&] {
        access::require_platform("audit_counters()");
        pg::Returned returned{pg::Arguments{fcinfo}};
        const pg::Spi spi;
        quota::audit_counters(returned);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_reload_counters) {
    return pg::boundary([&] {
        access::require_platform("reload_counters()");
        return Int64GetDatum(admission::shared::forget_all());
    });
}

// After a TRUNCATE of a table that counters are loaded from.
IDEAMINE_FUNCTION(ideamine_counters_truncated) {
    return pg::boundary([&] {
        const pg::TriggerCall trigger{fcinfo};
        if (admission::shared::is_available()) {
            admission::shared::forget_all();
        }
        return pg::TriggerCall::done();
    });
}

// After a tenant was made or removed, or got another tier, whoever did it.
IDEAMINE_FUNCTION(ideamine_tenant_changed) {
    return pg::boundary([&] {
        const pg::TriggerCall trigger{fcinfo};
        const auto before = trigger.old_text("tenant_id");
        const auto after = trigger.new_text("tenant_id");
        if (admission::shared::is_available()) {
            if (before) {
                admission::shared::rules_changed(quota::tenant_party(*before).scope);
            }
            if (after && after != before) {
                admission::shared::rules_made(quota::tenant_party(*after).scope);
            }
            quota::tell_of_room(quota::all_who_wait);
        }
        return pg::TriggerCall::done();
    });
}

// After each change of a row of tenant_quotas, whoever makes it.
IDEAMINE_FUNCTION(ideamine_quotas_changed) {
    return pg::boundary([&] {
        const pg::TriggerCall trigger{fcinfo};
        if (admission::shared::is_available()) {
            for (const auto& tenant :
                 {trigger.old_text("tenant_id"), trigger.new_text("tenant_id")}) {
                if (tenant) {
                    admission::shared::rules_changed(quota::tenant_party(*tenant).scope);
                }
            }
            quota::tell_of_room(quota::all_who_wait);
        }
        return pg::TriggerCall::done();
    });
}

// After each change of a row of platform_capacity, whoever makes it.
IDEAMINE_FUNCTION(ideamine_capacity_changed) {
    return pg::boundary([&] {
        const pg::TriggerCall trigger{fcinfo};
        if (admission::shared::is_available()) {
            admission::shared::rules_changed(quota::platform_party().scope);
            quota::tell_of_room(quota::all_who_wait);
        }
        return pg::TriggerCall::done();
    });
}
