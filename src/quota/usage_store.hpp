// The durable record of what tenants use: appended rows, in a partition for each day, and daily
// rollups of partitions that are over.
#pragma once

#include "admission/ledger.hpp"
#include "ideamine/uuid.hpp"
#include "quota/resource.hpp"

namespace ideamine::quota {

struct UsageRow {
    std::string_view tenant;
    Resource resource;
    admission::Amount amount;  // below 0: given back
    Time window_start;         // min for a gauge
    std::optional<Uuid> run;
    std::optional<Uuid> job;
};

// Appends a row, and makes its partition if nobody did so in time. Whoever calls: as the owner.
void append_usage(const UsageRow& row);

// What is committed at this moment: rollups, rows since then and, of a gauge, what live leases
// hold. Inside a pg::Spi.
admission::Sums sum_usage(const std::string& tenant, Resource resource, Time window_start);

}  // namespace ideamine::quota
