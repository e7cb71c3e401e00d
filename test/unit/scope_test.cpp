#include "budget/scope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <stdexcept>

#include "admission/ledger.hpp"
#include "ideamine/error.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/uuid.hpp"

namespace ideamine::budget {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

constexpr const char* run = "0190163d-8694-739b-aea5-966c26f8ad91";

auto refused(const char* what) {
    return Throws<Error>(AllOf(Property(&Error::code, Code::invalid_argument),
                               Property(&Error::message, HasSubstr(what))));
}

TEST(BudgetScope, IsReadByTheNameOfItsKind) {
    for (const auto kind : scope_kinds) {
        EXPECT_EQ(parse_scope_kind(to_string(kind)), kind);
        EXPECT_THAT(
            [] { parse_scope_kind("user"); },
            Throws<Error>(AllOf(Property(&Error::code, Code::invalid_argument),
                                Property(&Error::hint, HasSubstr(std::string{to_string(kind)})))));
    }
    for (const auto* name : {"", "Run", "tenants", " run", "projec"}) {
        EXPECT_THROW(parse_scope_kind(name), Error) << name;
    }
}

TEST(BudgetScope, OfARunHasItsUuidInLowerCase) {
    const Scope scope{"acme", ScopeKind::run, run};
    EXPECT_EQ(make_scope("acme", ScopeKind::run, run), scope);
    EXPECT_EQ(make_scope("acme", ScopeKind::run, "0190163D-8694-739B-AEA5-966C26F8AD91"), scope);
    for (const auto* id :
         {"", "acme", "0190163d8694739baea5966c26f8ad91", "{0190163d-8694-739b-aea5-966c26f8ad91}",
          "0190163d-8694-739b-aea5-966c26f8ad91 "}) {
        EXPECT_THAT([id] { make_scope("acme", ScopeKind::run, id); },
                    refused("scope_id of a run must be a UUID"));
    }
    EXPECT_THAT([] { make_scope("acme", ScopeKind::run, std::nullopt); }, refused("scope_id"));
}

TEST(BudgetScope, OfAProjectHasItsId) {
    EXPECT_EQ(make_scope("acme", ScopeKind::project, "Web shop"),
              (Scope{"acme", ScopeKind::project, "Web shop"}));
    EXPECT_NO_THROW(make_scope("acme", ScopeKind::project, std::string(200, 'x')));
    for (const auto& id : {std::string{}, std::string(201, 'x'), std::string{"a\x1f"}}) {
        EXPECT_THAT([&] { make_scope("acme", ScopeKind::project, id); },
                    refused("scope_id of a project"));
    }
    EXPECT_THAT([] { make_scope("acme", ScopeKind::project, std::nullopt); }, refused("scope_id"));
}

TEST(BudgetScope, OfATenantIsItself) {
    const Scope scope{"acme", ScopeKind::tenant, "acme"};
    EXPECT_EQ(make_scope("acme", ScopeKind::tenant, "acme"), scope);
    EXPECT_EQ(make_scope("acme", ScopeKind::tenant, ""), scope);
    EXPECT_EQ(make_scope("acme", ScopeKind::tenant, std::nullopt), scope);
    for (const auto* id : {"other", "Acme", "acme ", run}) {
        EXPECT_THAT([id] { make_scope("acme", ScopeKind::tenant, id); },
                    refused("scope_id of a tenant must be its own id"));
    }
}

TEST(BudgetScope, HasATenant) {
    for (const auto& tenant : {std::string{}, std::string(201, 'x'), std::string{"a\nb"}}) {
        for (const auto kind : scope_kinds) {
            EXPECT_THAT([&] { make_scope(tenant, kind, run); }, refused("tenant_id"));
        }
    }
}

// ---- keys --------------------------------------------------------------------------------------

TEST(BudgetScopeKey, IsBounded) {
    const std::string longest(max_identifier_bytes, 'x');
    for (const auto kind : {ScopeKind::project, ScopeKind::tenant}) {
        EXPECT_LE(encode(make_scope(longest, kind, longest)).size(), admission::max_scope_bytes);
    }
}

std::string random_identifier(std::mt19937& random) {
    // few letters, so that one is often the beginning of another
    const std::string letters = "rpt a\xc3\xa4";
    std::string id;
    const auto length = 1 + random() % (random() % 10 == 0 ? 200 : 4);
    while (id.size() < length) {
        id += letters[random() % letters.size()];
    }
    return id;
}

Scope random_scope(std::mt19937& random) {
    const auto tenant = random_identifier(random);
    switch (random() % 3) {
        case 0: {
            Uuid uuid;
            uuid.bytes[random() % 16] = static_cast<std::uint8_t>(random() % 4);
            return make_scope(tenant, ScopeKind::run, to_string(uuid));
        }
        case 1:
            return make_scope(tenant, ScopeKind::project, random_identifier(random));
        default:
            return make_scope(tenant, ScopeKind::tenant, tenant);
    }
}

TEST(BudgetScopeKey, TellsScopesApartAndBringsThemBack) {
    std::mt19937 random(1);
    std::set<std::string> keys;
    std::set<std::tuple<std::string, ScopeKind, std::string>> scopes;
    for (int i = 0; i < 100'000; ++i) {
        const auto scope = random_scope(random);
        const auto key = encode(scope);
        ASSERT_EQ(decode(key), scope);
        ASSERT_LE(key.size(), admission::max_scope_bytes);
        keys.insert(key);
        scopes.insert({scope.tenant, scope.kind, scope.id});
    }
    EXPECT_EQ(keys.size(), scopes.size());
    EXPECT_GT(keys.size(), 10'000U);
}

TEST(BudgetScopeKey, IsNoOtherText) {
    const std::string separator = "\x1f";
    for (const auto& key :
         {std::string{}, std::string{"t"}, separator, std::string{"tacme"}, "tacme" + separator,
          "tacme" + separator + "other", "t" + separator + "acme", "xacme" + separator + "acme",
          separator + "tacme", "racme" + separator + "acme",
          "racme" + separator + "0190163D-8694-739B-AEA5-966C26F8AD91", "pacme" + separator,
          "pacme" + separator + "a" + separator}) {
        EXPECT_THROW(decode(key), std::invalid_argument) << key;
    }
    for (auto key = encode(make_scope("acme", ScopeKind::run, run)); !key.empty();) {
        key.pop_back();
        EXPECT_THROW(decode(key), std::invalid_argument) << key;
    }
}

}  // namespace
}  // namespace ideamine::budget
