#include "access/caller_store.hpp"
#include "budget/model_prices_json_sql.hpp"
#include "budget/models_store.hpp"
#include "ideamine/identifier.hpp"
#include "ideamine/pg/as_owner.hpp"
#include "ideamine/pg/function.hpp"

using namespace ideamine;

namespace {

void check_tokens(const char* what, std::int64_t tokens) {
    if (tokens < 0) {
        throw Error(Code::invalid_argument, std::string{what} + " must not be negative");
    }
}

}  // namespace

IDEAMINE_FUNCTION(ideamine_load_model_prices) {
    return pg::boundary([&] {
        access::require_platform("load_model_prices()");
        const pg::Arguments arguments{fcinfo};
        const auto prices = arguments.required<pg::Json>(0, "prices");
        pg::Returned returned{arguments};
        const pg::Spi spi;
        const auto read = budget::read_model_prices(prices);
        budget::put_models(read.models);
        returned.add(static_cast<std::int32_t>(read.models.size()), read.unpriced, read.skipped);
        return Datum{0};
    });
}

IDEAMINE_FUNCTION(ideamine_estimate_cost) {
    return pg::boundary([&] {
        const pg::Arguments arguments{fcinfo};
        const budget::Request request{
            .model = arguments.required<std::string>(0, "model"),
            .input_tokens = arguments.required<std::int64_t>(1, "input_tokens"),
            .output_tokens = arguments.optional<std::int64_t>(2)};
        check_identifier("model", request.model);
        check_tokens("input_tokens", request.input_tokens);
        check_tokens("max_output_tokens", request.output_tokens.value_or(0));
        const pg::Spi spi;
        const pg::AsOwner owner;
        return pg::returned_numeric(budget::estimate_cost(request));
    });
}
