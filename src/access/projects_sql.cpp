#include "access/project_settings_json_sql.hpp"
#include "access/project_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/function.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_create_project) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto project =
            access::resolve_project(arguments.required<std::string>(1, "project_id"));
        const auto name = arguments.optional<std::string>(2).value_or(project);
        const auto settings = arguments.optional<pg::Json>(3);
        check_identifier("name", name);
        if (settings) {
            access::ProjectSettings chosen;
            access::read_settings(chosen, *settings);
            access::check(chosen);
        }
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::may_create);
        return BoolGetDatum(access::create_project({tenant, project, name, settings}));
    });
}

IDEAMINE_FUNCTION(ideamine_set_project_settings) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto project = access::resolve_project(arguments.optional<std::string>(1));
        const auto settings = arguments.required<pg::Json>(2, "settings");
        const pg::Spi spi;
        access::require_tenant(tenant, access::Missing::may_create);
        access::ProjectSettings chosen;
        access::read_settings(chosen, access::hold_project(tenant, project));
        access::read_settings(chosen, settings);
        access::check(chosen);
        return pg::returned_json(access::merge_settings(tenant, project, settings));
    });
}

IDEAMINE_FUNCTION(ideamine_get_project_settings) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const auto tenant = access::resolve_tenant(arguments.optional<std::string>(0));
        const auto project = access::resolve_project(arguments.optional<std::string>(1));
        const pg::Spi spi;
        const pg::AsOwner owner;
        access::require_tenant(tenant, access::Missing::is_error);
        return pg::returned_json(access::get_settings(tenant, project));
    });
}
