#include "quota_storm/calls.hpp"

namespace storm {

namespace {

constexpr std::array resources{"cpu",  "memory", "storage",        "tokens",
                               "cost", "gpu",    "concurrent_runs"};
constexpr std::array gauges{"cpu", "memory", "storage", "gpu", "concurrent_runs"};

// What one asks for: some finer than the resource is counted, which rounds up.
constexpr std::array amounts{"1",     "2",     "0.5",         "0.001",       "0.0001",
                             "1.337", "0.125", "0.000000001", "0.999999999", "3.1"};

constexpr std::array needs{R"("needs": {"cpu": 1.5})", R"("needs": {"gpu": 1, "memory": 0.7})",
                           R"("needs": {"cpu": 0.25, "memory": 2.000000001, "gpu": 2})",
                           R"("project": "none")"};
constexpr std::array runs{R"(, "run": "00000000-0000-0000-0000-000000000001")",
                          R"(, "run": "00000000-0000-0000-0000-000000000002")", ""};

}  // namespace

std::string Calls::of_quota() {
    const auto& tenant = any(tenants_);
    const std::string resource = any(resources);
    const std::string amount = any(amounts);
    const std::string arguments = literal(tenant.id) + ", " + literal(resource) + ", " +
                                  (resource == "tokens" ? std::to_string(1 + draw(60)) : amount);
    const std::string urgent = draw(2) == 0 ? ", priority_class => 'P0')" : ")";
    const auto columns = "SELECT allowed, burst_allowed, allowed AND current > \"limit\" * " +
                         tenant.burst + " FROM ideamine.";
    switch (draw(8)) {
        case 0:
        case 1:
        case 2:
            return "SELECT ideamine.release_quota(" + literal(tenant.id) + ", " +
                   literal(any(gauges)) + ", " + amount + ")";
        case 3:
            if (tenant.records) {
                return "SELECT ideamine.record_usage(" + arguments + ")";
            }
            [[fallthrough]];
        case 4:
            return columns + "enforce_quotas(" + literal(tenant.id) + ", '{\"cpu\": " + amount +
                   ", \"memory\": " + amount + ", \"cost\": 0.01}'" + urgent;
        default:
            return columns + "enforce_quota(" + arguments + urgent;
    }
}

std::string Calls::of_user() {
    const auto& tenant = any(tenants_);
    const auto who = literal(tenant.id) + ", " + literal(any(users)) + ", " + literal(project);
    if (draw(12) == 0) {
        return "SELECT ideamine.reset_user_quota(" + who + ")";
    }
    const std::string enforced = tenant.records && draw(3) == 0 ? "false" : "true";
    return "SELECT allowed, false, allowed AND remaining_tokens + remaining_cost < 0"
           " FROM ideamine.increment_user_quota(" +
           who + ", tokens => " + std::to_string(draw(60)) + ", cost => 0.0" +
           std::to_string(draw(9)) + ", enforced => " + enforced + ")";
}

std::string Calls::acquire(const std::string& worker) {
    return "SELECT tenant_id, job_id, epoch, 'lease' FROM ideamine.acquire_jobs(" +
           literal(worker) + ", " + std::to_string(1 + draw(3)) + ")";
}

std::string Calls::create_job() {
    return "SELECT count(*) FROM ideamine.create_job(" + literal(any(tenants_).id) +
           ", 'storm', priority_class => 'P" + std::to_string(draw(3)) + "', options => '{" +
           any(needs) + any(runs) + ", \"retry_base\": \"1 millisecond\"}')";
}

std::string Calls::end(const Lease& lease) {
    constexpr std::array ends{"complete_job", "complete_job", "release_job", "fail_job",
                              "cancel_job"};
    const std::string how = any(ends);
    return "SELECT count(*) FROM ideamine." + how + "(" + literal(lease.tenant) + ", " +
           literal(lease.job) + (how == "cancel_job" ? "" : ", " + lease.epoch) +
           (how == "fail_job" ? ", 'failed')" : ")");
}

}  // namespace storm
