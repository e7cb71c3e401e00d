#include "budget/models_store.hpp"

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

// A price that is not known counts nothing here, and matters only where there are such tokens.
constinit pg::Statement estimate{
    "SELECT m.input_cost_per_token IS NOT NULL, m.output_cost_per_token IS NOT NULL,"
    " output.tokens, trim_scale($2 * coalesce(m.input_cost_per_token, 0)"
    " + output.tokens * coalesce(m.output_cost_per_token, 0))"
    " FROM ideamine.models AS m"
    " CROSS JOIN LATERAL (SELECT coalesce($3, m.max_output_tokens) AS tokens) AS output"
    " WHERE m.model = $1",
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

pg::Decimal estimate_cost(const Request& request) {
    const auto found = estimate.execute(request.model, request.input_tokens, request.output_tokens);
    if (found.empty()) {
        throw Error(Code::unknown, named(request.model) + " does not exist",
                    "The table ideamine.models has no model of this name.",
                    "Load models and their prices with ideamine.load_model_prices().");
    }
    const auto model = found[0];
    const auto output_tokens = model.optional<std::int64_t>(2);
    if (!output_tokens) {
        throw Error(Code::invalid_argument,
                    "max_output_tokens must be named for " + named(request.model),
                    "How many tokens it gives at most is not known.",
                    "Name it here, and ask the model for no more.");
    }
    const auto require_price = [&](const char* of, int column, std::int64_t tokens,
                                   const char* hint) {
        if (tokens > 0 && !model.get<bool>(column)) {
            throw Error(Code::unknown, named(request.model) + " has no price for " + of + " tokens",
                        "What it costs is not known.", hint);
        }
    };
    require_price("input", 0, request.input_tokens,
                  "Load its price with ideamine.load_model_prices().");
    require_price("output", 1, *output_tokens,
                  "Load its price with ideamine.load_model_prices(), or name 0 as "
                  "max_output_tokens if it gives no tokens.");
    return model.get<pg::Decimal>(3);
}

}  // namespace ideamine::budget
