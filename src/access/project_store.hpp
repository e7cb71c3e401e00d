// Projects: the parts of a tenant with settings, users and roles of their own.
#pragma once

#include "access/tenant_store.hpp"

namespace ideamine::access {

// A tenant has it from its first use on.
inline constexpr std::string_view default_project = "default-project";

// The project that an argument means: itself or, if it is NULL, default-project. Throws ID400 for
// an invalid id.
std::string resolve_project(const std::optional<std::string>& argument);

struct NewProject {
    std::string tenant;
    std::string project;
    std::string name;
    std::optional<pg::Json> settings;  // checked
};
// False if it was there already. All of these inside a pg::Spi.
bool create_project(const NewProject& project);

// Locks the project until the transaction ends, and returns the settings that it has chosen. Makes
// default-project. Throws ID404 if there is no such project.
pg::Json hold_project(const std::string& tenant, const std::string& project);

// Puts these settings, which were checked, over those of a project that is held. Returns all
// settings, its own and defaults.
pg::Json merge_settings(const std::string& tenant, const std::string& project, pg::Json settings);

// All settings of a project, its own and defaults. Those of default-project also before its first
// use. Throws ID404 if there is no such project.
pg::Json get_settings(const std::string& tenant, const std::string& project);

}  // namespace ideamine::access
