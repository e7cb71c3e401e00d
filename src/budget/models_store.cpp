#include "budget/models_store.hpp"

#include "budget/price_tier.hpp"
#include "ideamine/pg/numeric.hpp"

namespace ideamine::budget {

namespace {

constinit pg::Statement put{
    "INSERT INTO ideamine.models (model, provider, mode, max_input_tokens, max_output_tokens,"
    " input_cost_per_token, output_cost_per_token, prices, updated_at)"
    " SELECT given.*, $9 FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS given"
    " ON CONFLICT (model) DO UPDATE SET provider = excluded.provider, mode = excluded.mode,"
    " max_input_tokens = excluded.max_input_tokens, max_output_tokens = excluded.max_output_tokens,"
    " input_cost_per_token = excluded.input_cost_per_token,"
    " output_cost_per_token = excluded.output_cost_per_token,"
    " prices = excluded.prices, updated_at = excluded.updated_at"};

constinit pg::Statement find{
    "SELECT input_cost_per_token, output_cost_per_token, max_output_tokens, prices"
    " FROM ideamine.models WHERE model = $1",
    pg::Statement::Kind::reads};

// A price that is not known matters only where there are such tokens, and counts nothing here.
constinit pg::Statement add_up{"SELECT trim_scale($1 * coalesce($2, 0) + $3 * coalesce($4, 0))",
                               pg::Statement::Kind::reads};

std::string named(const std::string& model) {
    return "model \"" + model + "\"";
}

}  // namespace

void put_models(const std::vector<Model>& models) {
    const auto column = [&models](auto part) {
        std::vector<std::remove_cvref_t<decltype(models[0].*part)>> values;
        values.reserve(models.size());
        for (const auto& model : models) {
            values.push_back(model.*part);
        }
        return values;
    };
    put.execute(column(&Model::name), column(&Model::provider), column(&Model::mode),
                column(&Model::max_input_tokens), column(&Model::max_output_tokens),
                column(&Model::input_cost), column(&Model::output_cost), column(&Model::prices),
                pg::now());
}

namespace {

// What a model charges for the tokens of a request, and whether it charges for anything else.
struct Charges {
    std::optional<pg::Decimal> input;
    std::optional<pg::Decimal> output;
    bool others = false;

    bool are_nothing() const { return is_nothing(input) && is_nothing(output); }

  private:
    static bool is_nothing(const std::optional<pg::Decimal>& price) {
        return !price || pg::compare(*price, 0) == 0;
    }
};

// Of the prices of long prompts those that hold for this one; the highest, in whatever order they
// are. What is charged for output goes by the length of the prompt, too.
Charges charges_of(const pg::Row& model, std::int64_t input_tokens) {
    Charges charges{.input = model.optional<pg::Decimal>(0),
                    .output = model.optional<pg::Decimal>(1)};
    for (const auto& [name, price] : pg::JsonValue::of(model.get<pg::Json>(3)).members()) {
        if (price.kind() != pg::JsonValue::Kind::number) {
            continue;
        }
        const auto tier = parse_price_tier(name);
        if (!tier) {
            charges.others = charges.others || pg::compare(price.decimal(), 0) > 0;
        } else if (input_tokens >= tier->from_tokens) {
            auto& known = tier->of == TokenKind::input ? charges.input : charges.output;
            if (!known || pg::compare(price.decimal(), *known) > 0) {
                known = price.decimal();
            }
        }
    }
    return charges;
}

void require_price(const std::string& model, const char* of, bool known, const char* hint) {
    if (!known) {
        throw Error(Code::unknown, named(model) + " has no price for " + of + " tokens",
                    "What it costs is not known.", hint);
    }
}

// Where tokens cost nothing, or nobody knows what they cost, and something else does, no number of
// tokens says what a request costs.
void require_price_of_tokens(const std::string& model, const Charges& charges) {
    if (charges.are_nothing() && (charges.others || !(charges.input || charges.output))) {
        throw Error(Code::unknown, named(model) + " has no price for tokens",
                    charges.others ? "It charges for something else, as its prices in the table "
                                     "ideamine.models say."
                                   : "What it costs is not known.");
    }
}

}  // namespace

pg::Decimal estimate_cost(const Request& request) {
    const auto found = find.execute(request.model);
    if (found.empty()) {
        throw Error(Code::unknown, named(request.model) + " does not exist",
                    "The table ideamine.models has no model of this name.",
                    "Load models and their prices with ideamine.load_model_prices().");
    }
    const auto output_tokens =
        request.output_tokens ? request.output_tokens : found[0].optional<std::int64_t>(2);
    if (!output_tokens) {
        throw Error(Code::invalid_argument,
                    "max_output_tokens must be named for " + named(request.model),
                    "How many tokens it gives at most is not known.",
                    "Name it here, and ask the model for no more.");
    }
    const auto charges = charges_of(found[0], request.input_tokens);
    require_price(request.model, "input", request.input_tokens == 0 || charges.input,
                  "Load its price with ideamine.load_model_prices().");
    require_price(request.model, "output", *output_tokens == 0 || charges.output,
                  "Load its price with ideamine.load_model_prices(), or name 0 as "
                  "max_output_tokens if it gives no tokens.");
    require_price_of_tokens(request.model, charges);
    return add_up.execute(request.input_tokens, charges.input, *output_tokens, charges.output)[0]
        .get<pg::Decimal>(0);
}

}  // namespace ideamine::budget
