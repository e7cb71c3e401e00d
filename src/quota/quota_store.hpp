// Asking for quota, taking it and giving it back, with the durable record of that.
//
// All of it runs as the caller, whose rights to the tenant were checked: what has to be read or
// written is, as the owner. Becoming the owner for each call, with a search path of its own, would
// take as long as the rest.
#pragma once

#include "admission/admission_shared.hpp"
#include "ideamine/uuid.hpp"
#include "quota/quotas.hpp"

namespace ideamine::quota {

struct Demand {
    Resource resource;
    Amount amount;  // above 0
};

// What for, as the record says.
struct Purpose {
    std::optional<Uuid> run;
    std::optional<Uuid> job;
};

using admission::shared::Throttling;

// May so much be taken now? Takes nothing.
struct Finding {
    admission::Verdict verdict;
    admission::Reading reading;
};
Finding check(std::string_view tenant, const Demand& demand);

// Takes all of it and records it, or nothing; refusals are recorded as violations, whatever becomes
// of the caller's transaction. Throws ID404 if there is no such tenant; default-tenant is made on
// first use.
std::vector<admission::shared::Answer> enforce(const std::string& tenant,
                                               std::span<const Demand> demands,
                                               const Purpose& purpose, Throttling throttling);

// Records it without asking. Returns how the counter stands.
admission::Reading record(const std::string& tenant, const Demand& demand, const Purpose& purpose);

// Gives back up to so much of a gauge. Returns how much that was.
Amount release(const std::string& tenant, const Demand& demand, const Purpose& purpose);

}  // namespace ideamine::quota
