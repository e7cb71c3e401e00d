#pragma once

namespace ideamine::access {

void define_settings();

// ideamine.tenant_id: the tenant that a NULL stands for.
const char* current_tenant_setting();

}  // namespace ideamine::access
