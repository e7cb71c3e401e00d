#include "budget/model_prices_json_sql.hpp"

#include "budget/price_tier.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/json_fields.hpp"

namespace ideamine::budget {

namespace {

using Kind = pg::JsonValue::Kind;
using Member = pg::JsonMember;

constexpr std::size_t most_models = 100'000;
constexpr std::int64_t highest_cost_per_token = 1000;  // USD

// The entry by which the table explains itself.
constexpr std::string_view explanation = "sample_spec";

struct Entry {
    Model model;
    std::optional<std::int64_t> max_tokens;
    std::vector<Member> prices;
};

std::string_view name(const Member& member) {
    pg::expect_kind(member, Kind::text);
    check_identifier(member.key, member.value.text());
    return member.value.text();
}

// Where no limit is known, some say so in words.
std::optional<std::int64_t> limit(const Member& member) {
    const auto tokens = member.value.kind() == Kind::number ? member.value.integer() : std::nullopt;
    return tokens && *tokens >= 0 ? tokens : std::nullopt;
}

void check_not_negative(std::string_view key, const pg::JsonValue& price) {
    if (pg::compare(price.decimal(), 0) < 0) {
        throw Error(Code::invalid_argument, std::string{key} + " must not be negative");
    }
}

pg::Decimal cost_per_token(const Member& member) {
    pg::expect_kind(member, Kind::number);
    check_not_negative(member.key, member.value);
    if (pg::compare(member.value.decimal(), highest_cost_per_token) > 0) {
        throw Error(Code::invalid_argument,
                    std::string{member.key} + " must not be more than " +
                        std::to_string(highest_cost_per_token),
                    "A price is in USD for one token, not for a thousand or a million of them.");
    }
    return member.value.decimal();
}

constexpr std::array fields{
    pg::Field<Entry>{"litellm_provider",
                     [](Entry& e, const Member& m) { e.model.provider = name(m); }},
    pg::Field<Entry>{"mode", [](Entry& e, const Member& m) { e.model.mode = name(m); }},
    pg::Field<Entry>{"max_input_tokens",
                     [](Entry& e, const Member& m) { e.model.max_input_tokens = limit(m); }},
    pg::Field<Entry>{"max_output_tokens",
                     [](Entry& e, const Member& m) { e.model.max_output_tokens = limit(m); }},
    pg::Field<Entry>{"max_tokens", [](Entry& e, const Member& m) { e.max_tokens = limit(m); }},
    pg::Field<Entry>{"input_cost_per_token",
                     [](Entry& e, const Member& m) { e.model.input_cost = cost_per_token(m); }},
    pg::Field<Entry>{"output_cost_per_token",
                     [](Entry& e, const Member& m) { e.model.output_cost = cost_per_token(m); }},
};

// Any other price: a number, or numbers by what they depend on.
bool is_price(const Member& member) {
    if (parse_price_tier(member.key) && !member.value.is_null()) {
        cost_per_token(member);
        return true;
    }
    if (member.value.kind() == Kind::number) {
        check_not_negative(member.key, member.value);
        return true;
    }
    if (member.value.kind() != Kind::object) {
        return false;
    }
    const auto parts = member.value.members();
    for (const auto& part : parts) {
        if (part.value.kind() != Kind::number) {
            return false;
        }
        check_not_negative(std::string{member.key} + "." + std::string{part.key}, part.value);
    }
    return !parts.empty();
}

// None if it has nothing that is known of models; a null replaces what was known.
std::optional<Model> read_entry(const Member& member) {
    pg::expect_object("the entry", member.value);
    Entry entry;
    bool is_model = false;
    for (const auto& part : member.value.members()) {
        if (pg::read_field<Entry>(fields, entry, part)) {
            is_model = true;
        } else if (part.key.find("cost") != std::string_view::npos) {
            is_model = true;
            if (is_price(part)) {
                entry.prices.push_back(part);
            }
        }
    }
    if (!is_model) {
        return std::nullopt;
    }
    auto& model = entry.model;
    model.name = member.key;
    if (!model.max_output_tokens) {
        model.max_output_tokens = entry.max_tokens;
    }
    model.prices = pg::JsonValue::make_object(entry.prices);
    return model;
}

}  // namespace

ModelPrices read_model_prices(const pg::Json& json) {
    const auto entries = pg::JsonValue::of(json);
    pg::expect_object("prices", entries);
    if (entries.size() > most_models) {
        throw Error(Code::too_large, "prices holds too many models",
                    "It has " + std::to_string(entries.size()) + "; at most " +
                        std::to_string(most_models) + " are allowed.");
    }
    ModelPrices read;
    read.models.reserve(entries.size());
    for (const auto& member : entries.members()) {
        pg::check_interrupts();
        if (member.key == explanation) {
            ++read.skipped;
            continue;
        }
        check_identifier("the name of a model", member.key);
        try {
            if (const auto model = read_entry(member)) {
                read.models.push_back(*model);
                read.unpriced += model->input_cost && model->output_cost ? 0 : 1;
            } else {
                ++read.skipped;
            }
        } catch (const Error& error) {
            throw error.within("model \"" + std::string{member.key} + "\"");
        }
    }
    return read;
}

}  // namespace ideamine::budget
