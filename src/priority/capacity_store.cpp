#include "priority/capacity_store.hpp"

#include "ideamine/pg/spi.hpp"

namespace ideamine::priority {

namespace {

constinit pg::Statement upsert_capacity{
    "INSERT INTO ideamine.platform_capacity (resource, capacity)"
    " VALUES ($1::text::ideamine.resource, $2)"
    " ON CONFLICT (resource) DO UPDATE SET capacity = excluded.capacity,"
    "  updated_at = excluded.updated_at"};

constinit pg::Statement delete_capacity{
    "DELETE FROM ideamine.platform_capacity WHERE resource = $1::text::ideamine.resource"};

}  // namespace

void set_capacity(quota::Resource resource, pg::Units capacity) {
    upsert_capacity.execute(to_string(resource), capacity);
}

bool remove_capacity(quota::Resource resource) {
    return delete_capacity.execute(to_string(resource)).size() > 0;
}

}  // namespace ideamine::priority
