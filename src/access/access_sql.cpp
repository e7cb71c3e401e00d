#include "access/caller_store.hpp"
#include "access/tenant.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/function.hpp"
#include "ideamine/pg/json.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_set_tenant_weight) {
    return pg::boundary([&] {
        access::require_platform("set_tenant_weight()");
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto weight = arguments.required<std::int32_t>(1, "weight");
        access::check_weight(weight);
        const pg::Spi spi;
        access::set_weight(tenant, weight);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_create_tenant) {
    return pg::boundary([&] {
        access::require_platform("create_tenant()");
        const pg::Arguments arguments{fcinfo};
        const auto tenant = arguments.required<std::string>(0, "tenant_id");
        const auto name = arguments.optional<std::string>(1).value_or(tenant);
        const auto tier = arguments.optional<std::string>(2).value_or("standard");
        const auto metadata = arguments.optional<pg::Json>(3);
        check_identifier("tenant_id", tenant);
        check_identifier("name", name);
        access::check_tier(tier);
        if (metadata && pg::JsonValue::of(*metadata).kind() != pg::JsonValue::Kind::object) {
            throw Error(Code::invalid_argument, "metadata must be a JSON object");
        }
        const pg::Spi spi;
        return BoolGetDatum(access::create_tenant(tenant, name, tier, metadata));
    });
}
