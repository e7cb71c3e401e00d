#include "access/access_settings.hpp"

#include "access/tenant.hpp"
#include "ideamine/pg/settings.hpp"

namespace ideamine::access {

namespace {

constinit char* tenant_id = nullptr;

}  // namespace

void define_settings() {
    pg::define(pg::TextSetting{
        .name = "ideamine.tenant_id",
        .description = "Tenant that functions mean when they are called with NULL.",
        .variable = &tenant_id,
        .initial = default_tenant.data(),
        .changed = pg::Changed::by_anyone,
    });
}

const char* current_tenant_setting() {
    return tenant_id;
}

}  // namespace ideamine::access
