#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/hash.hpp"
#include "ideamine/pg/json.hpp"
#include "idempotency/idempotency_store.hpp"

using namespace ideamine;

// The parts are written as one JSON array, so that none can run into the next.
IDEAMINE_FUNCTION(ideamine_idempotency_key) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto job_type = arguments.required<std::string>(0, "job_type");
        check_identifier("job_type", job_type);
        const auto scope = arguments.optional<std::string>(2);
        const auto payload = arguments.optional<pg::Json>(1);
        const auto text = "[" + pg::canonical_text(job_type) + "," +
                          (payload ? pg::canonical_text(*payload) : "{}") + "," +
                          (scope ? pg::canonical_text(*scope) : "null") + "]";
        return arguments.returned(pg::sha256_hex(text));
    });
}

IDEAMINE_FUNCTION(ideamine_idempotency_stats) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        pg::Returned returned{arguments};
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::is_error);
        const auto [keys, hits, expired] = idempotency::statistics(tenant);
        returned.add(keys, hits, expired);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_purge_idempotency_keys) {
    return pg::boundary([&] {
        access::require_platform("purge_idempotency_keys()");
        const auto at = pg::Arguments{fcinfo}.optional<Time>(0).value_or(pg::now());
        const pg::Spi spi;
        return Int64GetDatum(idempotency::purge_keys(at));
    });
}
