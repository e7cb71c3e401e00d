#include "budget/accounts_store.hpp"

#include "access/tenant.hpp"
#include "access/tenant_store.hpp"
#include "admission/leases_shared.hpp"
#include "admission/uncounted_shared.hpp"
#include "ideamine/pg/as_owner.hpp"

namespace ideamine::budget {

namespace {

namespace counters = admission::shared;

void require(const std::string& tenant, access::Missing missing) {
    const pg::AsOwner as_owner;
    const pg::Spi spi;
    access::require_tenant(tenant, missing);
}

// What the mechanism knows of a tenant that is not there it forgets when there is one.
admission::Rules rules_of(const std::string& tenant, std::string_view key, Writing writing) {
    constexpr std::uint8_t all = (1U << periods.size()) - 1;
    const auto account = party(key);
    const auto rules = [&] {
        return writing == Writing::follows ? counters::rules_leaving_uncounted(account, all)
                                           : counters::rules(account);
    };
    auto found = rules();
    if (!found.exists) {
        require(tenant, access::Missing::is_error);
        counters::read_rules_anew(account.scope);
        found = rules();
    }
    return found;
}

std::optional<Time> start_of(Period period, const std::optional<Starts>& within) {
    if (!within) {
        return std::nullopt;
    }
    switch (period) {
        case Period::day:
            return within->day;
        case Period::month:
            return within->month;
        case Period::once:
            break;
    }
    return Time::min();
}

}  // namespace

Accounts::Accounts(const Purpose& purpose, Writing writing) : writing_(writing) {
    if (purpose.tenant == access::default_tenant) {
        require(purpose.tenant, access::Missing::may_create);
    }
    if (purpose.run) {
        add({purpose.tenant, ScopeKind::run, to_string(*purpose.run)});
    }
    if (purpose.project) {
        add(make_scope(purpose.tenant, ScopeKind::project, *purpose.project));
    }
    add(make_scope(purpose.tenant, ScopeKind::tenant, std::nullopt));
}

void Accounts::add(const Scope& scope) {
    keys_.push_back(encode(scope));
    const auto rules = rules_of(scope.tenant, keys_.back(), writing_);
    starts_ = {.day = rules.window_start, .month = rules.long_window_start};
    for (const auto period : periods) {
        if ((rules.kept >> resource_of(period) & 1) != 0) {
            counted_.push_back({keys_.size() - 1, scope.kind, period});
        }
    }
}

std::vector<counters::Ask> Accounts::asks(Amount amount,
                                          const std::optional<Starts>& within) const {
    std::vector<counters::Ask> asks;
    for (const auto& [key, kind, period] : counted_) {
        asks.push_back({.party = party(keys_[key]),
                        .resource = resource_of(period),
                        .amount = amount,
                        .window = start_of(period, within)});
    }
    return asks;
}

Starts Accounts::starts_of(const std::vector<counters::Answer>& answers) const {
    if (answers.empty()) {
        return starts_;
    }
    const auto& reading = answers.front().reading;
    return {.day = reading.window_start, .month = reading.long_window_start};
}

void Accounts::end_leases(Amount amount, const Starts& since) const {
    for (std::size_t key = 0; key < keys_.size(); ++key) {
        counters::Ending ending{.scope = party(keys_[key]), .parts = {}, .group = 0, .members = {}};
        for (const auto& counted : counted_) {
            if (counted.key == key) {
                ending.parts.push_back({.resource = resource_of(counted.period),
                                        .amount = amount,
                                        .window = *start_of(counted.period, since)});
            }
        }
        if (!ending.parts.empty()) {
            counters::end_leases(ending);
        }
    }
}

}  // namespace ideamine::budget
