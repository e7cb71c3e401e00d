#include "access/caller_store.hpp"
#include "admission/accounts_shared.hpp"
#include "ideamine/pg/function.hpp"

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
