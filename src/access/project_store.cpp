#include "access/project_store.hpp"

#include "access/project.hpp"
#include "ideamine/identifier.hpp"

namespace ideamine::access {

namespace {

// Each section of the second over that of the first; what is null then is not chosen any more.
#define IDEAMINE_MERGE(below, above)                                      \
    "(SELECT jsonb_strip_nulls(jsonb_object_agg(section, coalesce(" below \
    "->section, '{}')"                                                    \
    " || coalesce(nullif(" above                                          \
    "->section, 'null'), '{}')))"                                         \
    " FROM unnest('{routing,security,features}'::text[]) AS section)"

constinit pg::Statement insert{
    "INSERT INTO ideamine.projects (project_id, tenant_id, name, settings, created_at)"
    " VALUES ($2, $1, $3, " IDEAMINE_MERGE("'{}'::jsonb", "coalesce($4, '{}')") ", $5)"
    " ON CONFLICT (project_id, tenant_id) DO NOTHING"};

constinit pg::Statement hold{
    "SELECT settings FROM ideamine.projects WHERE tenant_id = $1 AND project_id = $2"
    " FOR NO KEY UPDATE"};

constinit pg::Statement merge{"UPDATE ideamine.projects SET settings = " IDEAMINE_MERGE(
    "settings", "$3") " WHERE tenant_id = $1 AND project_id = $2"
                      " RETURNING " IDEAMINE_MERGE("$4::text::jsonb", "settings")};

constinit pg::Statement find_settings{
    "SELECT " IDEAMINE_MERGE(
        "$3::text::jsonb",
        "settings") " FROM ideamine.projects WHERE tenant_id = $1 AND project_id = $2",
    pg::Statement::Kind::reads};

constinit pg::Statement show_defaults{"SELECT $1::text::jsonb", pg::Statement::Kind::reads};

[[noreturn]] void throw_unknown(const std::string& tenant, const std::string& project) {
    throw Error(Code::unknown, "project \"" + project + "\" does not exist",
                "Tenant \"" + tenant + "\" has no project with this id.",
                "Create it with ideamine.create_project().");
}

}  // namespace

std::string resolve_project(const std::optional<std::string>& argument) {
    std::string project = argument ? *argument : std::string{default_project};
    check_identifier("project_id", project);
    return project;
}

bool create_project(const NewProject& project) {
    return insert
               .execute(project.tenant, project.project, project.name, project.settings, pg::now())
               .size() == 1;
}

pg::Json hold_project(const std::string& tenant, const std::string& project) {
    auto held = hold.execute(tenant, project);
    if (held.empty() && project == default_project) {
        create_project({tenant, project, project, std::nullopt});
        held = hold.execute(tenant, project);
    }
    if (held.empty()) {
        throw_unknown(tenant, project);
    }
    return held[0].get<pg::Json>(0);
}

pg::Json merge_settings(const std::string& tenant, const std::string& project, pg::Json settings) {
    return merge.execute(tenant, project, settings, default_project_settings)[0].get<pg::Json>(0);
}

pg::Json get_settings(const std::string& tenant, const std::string& project) {
    auto found = find_settings.execute(tenant, project, default_project_settings);
    if (found.empty() && project == default_project) {
        found = show_defaults.execute(default_project_settings);
    }
    if (found.empty()) {
        throw_unknown(tenant, project);
    }
    return found[0].get<pg::Json>(0);
}

}  // namespace ideamine::access
