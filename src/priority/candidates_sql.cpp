#include "access/caller_store.hpp"
#include "access/tenant_store.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/numeric.hpp"
#include "priority/candidates_store.hpp"
#include "quota/needs.hpp"

using namespace ideamine;

namespace {

// tenant_id, for_class, resource.
priority::Search read_search(const pg::Arguments& arguments) {
    priority::Search search{
        .tenants = std::nullopt,
        .for_class = jobs::parse_priority_class(arguments.required<std::string>(1, "for_class")),
        .resource = std::nullopt};
    if (const auto tenant = arguments.optional<std::string>(0)) {
        access::check_caller(*tenant);
        search.tenants = std::vector{*tenant};
    } else {
        search.tenants = access::caller_tenants();
    }
    if (const auto resource = arguments.optional<std::string>(2)) {
        search.resource = quota::parse_held(*resource);
    }
    return search;
}

void require_tenants(const priority::Search& search) {
    for (const auto& tenant : search.tenants.value_or(std::vector<std::string>{})) {
        access::require_tenant(tenant, access::Missing::is_error);
    }
}

constexpr std::int32_t most_listed = 10'000;

}  // namespace

IDEAMINE_FUNCTION(ideamine_get_preemption_candidates) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto search = read_search(arguments);
        const auto most = arguments.optional<std::int32_t>(3).value_or(100);
        if (most < 1 || most > most_listed) {
            throw Error(Code::invalid_argument,
                        "max_jobs must be between 1 and " + std::to_string(most_listed));
        }
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const pg::AsOwner owner;
        require_tenants(search);
        priority::list_candidates(search, static_cast<std::size_t>(most), returned);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_select_preemption_victims) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        arguments.required<std::string>(2, "resource");
        const auto search = read_search(arguments);
        const auto amount =
            pg::to_units("amount", arguments.required<pg::Decimal>(3, "amount"),
                         quota::decimal_digits(*search.resource), pg::Rounding::up, false);
        if (amount <= 0) {
            throw Error(Code::invalid_argument, "amount must be above 0");
        }
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const pg::AsOwner owner;
        require_tenants(search);
        priority::list_victims(search, amount, returned);
        return Datum{0};
    });
}
