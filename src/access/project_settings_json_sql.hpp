// Settings of a project as jsonb.
#pragma once

#include "access/project.hpp"
#include "ideamine/pg/json.hpp"

namespace ideamine::access {

// Reads over what is there already: null takes a setting back to its default. Throws ID400, naming
// the key, for an unknown key or a value of another kind, ID413 if it is too large to be settings.
void read_settings(ProjectSettings& settings, const pg::Json& json);

}  // namespace ideamine::access
