-- budget: prices of models, and what a request may cost.

CREATE OR REPLACE FUNCTION ideamine.load_model_prices(
  prices jsonb
) RETURNS TABLE (
  loaded   integer,
  unpriced integer,
  skipped  integer
)
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
AS 'MODULE_PATHNAME', 'ideamine_load_model_prices';
COMMENT ON FUNCTION ideamine.load_model_prices(jsonb) IS
'Takes models with their limits and prices into the table models. What is known of a model is replaced; a model that is
not named stays as it is. Not for logins that are bound to tenants.
prices: an object of at most 100,000 models in the format of LiteLLM''s model_prices_and_context_window.json. Read are
litellm_provider, mode, max_input_tokens, max_output_tokens (or max_tokens instead), input_cost_per_token and
output_cost_per_token (USD, 0 to 1000), the same of long input (as input_cost_per_token_above_200k_tokens), and whatever else
has "cost" in its name and is a number or an object of numbers.
Null is unknown, and so is a limit that is no whole number.
loaded: how many models; unpriced: how many of them have no price for tokens of input, of output, or both; skipped:
sample_spec, and entries without any of these keys.
Errors: ID400 an entry or a price that is invalid (nothing is loaded), ID403 a login that is bound to tenants, ID413 too
many models.';
REVOKE ALL ON FUNCTION ideamine.load_model_prices(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.load_model_prices(jsonb) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.estimate_cost(
  model             text,
  input_tokens      bigint,
  max_output_tokens bigint DEFAULT NULL
) RETURNS numeric
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'ideamine_estimate_cost';
COMMENT ON FUNCTION ideamine.estimate_cost(text, bigint, bigint) IS
'What a request to a model costs at most, in USD and exact: its tokens of input and of output at the model''s price for
each. From a length of the input on that models.prices has as input_cost_per_token_above_200k_tokens and
output_cost_per_token_above_200k_tokens, of any number of thousands, all tokens are at these prices. What some models charge
besides, as for sound, pictures or searches, is in models.prices and not counted here.
model: as in the table models; input_tokens: 0 or more; max_output_tokens: 0 or more, NULL means the most that the model
gives.
Errors: ID400 a negative number of tokens, or no max_output_tokens where the model''s is unknown; ID404 unknown model, or
one without a price for tokens of which there are any, or that charges nothing for tokens and something for requests,
pictures, characters, seconds and the like.';
REVOKE ALL ON FUNCTION ideamine.estimate_cost(text, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.estimate_cost(text, bigint, bigint)
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
