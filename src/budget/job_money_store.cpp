#include "budget/job_money_store.hpp"

#include "admission/leases_shared.hpp"
#include "budget/cost_store.hpp"
#include "budget/reservations_store.hpp"
#include "jobs/money_store.hpp"
#include "quota/needs.hpp"

namespace ideamine::budget {

namespace {

namespace counters = admission::shared;

Purpose purpose_of(const jobs::MoneyNeed& need) {
    return {.tenant = need.tenant,
            .run = need.run,
            .job = need.job,
            .project = need.project,
            .user = {},
            .model = {}};
}

class Keeper final : public jobs::MoneyKeeper {
  public:
    constexpr Keeper() = default;

    std::optional<jobs::MoneyHeld> hold(const jobs::MoneyNeed& need) const override {
        const Accounts accounts{purpose_of(need)};
        const auto asks = accounts.asks(need.amount);
        const auto answers = asks.empty() ? std::vector<counters::Answer>{}
                                          : counters::admit(asks, counters::Throttling::ignored,
                                                            counters::Purpose::lease);
        if (!answer_from(accounts, answers).allowed) {
            return std::nullopt;
        }
        const auto [day, month] = accounts.starts_of(answers);
        return jobs::MoneyHeld{.need = need, .day = day, .month = month};
    }

    void give_up(const jobs::MoneyNeed& need) const override {
        const Accounts accounts{purpose_of(need)};
        std::ranges::for_each(accounts.asks(need.amount), counters::give_up_lease);
    }

    void record(const std::vector<jobs::MoneyHeld>& held) const override {
        for (const auto& [need, day, month] : held) {
            record_attempt(purpose_of(need), need.amount, {.day = day, .month = month});
        }
    }

    void release(const jobs::JobRefs& jobs) const override {
        release_attempts(jobs.tenants, jobs.jobs);
    }

    std::optional<std::string> obstacle(const jobs::MoneyNeed& need) const override {
        const auto answer = check(purpose_of(need), need.amount);
        if (answer.allowed) {
            return std::nullopt;
        }
        return "it may cost " + quota::to_decimal(need.amount, money_digits) +
               ", and a budget of its " + std::string{to_string(*answer.scope)} + " has less left";
    }
};

constinit const Keeper the_keeper;

}  // namespace

void keep_money_of_jobs() {
    jobs::let_keep_money(the_keeper);
}

}  // namespace ideamine::budget
