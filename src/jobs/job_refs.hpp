// Jobs of any tenants, as two columns of a statement.
#pragma once

#include <string>
#include <vector>

#include "ideamine/uuid.hpp"

namespace ideamine::jobs {

struct JobRefs {
    std::vector<std::string> tenants;
    std::vector<Uuid> jobs;

    void add(const std::string& tenant, const Uuid& job) {
        tenants.push_back(tenant);
        jobs.push_back(job);
    }
    void add(const JobRefs& others) {
        tenants.insert(tenants.end(), others.tenants.begin(), others.tenants.end());
        jobs.insert(jobs.end(), others.jobs.begin(), others.jobs.end());
    }
    bool empty() const { return jobs.empty(); }
};

}  // namespace ideamine::jobs
