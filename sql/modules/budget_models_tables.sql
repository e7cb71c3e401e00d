-- budget: models and their prices.

-- Of the whole platform, and so without a tenant.
CREATE TABLE ideamine.models (
  model                 text COLLATE "C" NOT NULL,
  provider              text,
  mode                  text,
  max_input_tokens      bigint,
  max_output_tokens     bigint,
  input_cost_per_token  numeric,
  output_cost_per_token numeric,
  prices                jsonb NOT NULL,
  updated_at            timestamptz NOT NULL,
  PRIMARY KEY (model),
  CONSTRAINT models_name_valid CHECK (octet_length(model) BETWEEN 1 AND 200 AND model !~ '[\x01-\x1f\x7f]'),
  CONSTRAINT models_limits_valid CHECK (max_input_tokens >= 0 AND max_output_tokens >= 0),
  CONSTRAINT models_costs_valid CHECK (input_cost_per_token BETWEEN 0 AND 1000 AND output_cost_per_token BETWEEN 0 AND 1000),
  CONSTRAINT models_prices_valid CHECK (jsonb_typeof(prices) = 'object')
);
COMMENT ON TABLE ideamine.models IS
  'Models with their limits and prices, for all tenants; filled by load_model_prices()';
COMMENT ON COLUMN ideamine.models.model IS 'Name of the model: 1 to 200 bytes, no control characters';
COMMENT ON COLUMN ideamine.models.provider IS 'Whose model it is, or who runs it; NULL: unknown';
COMMENT ON COLUMN ideamine.models.mode IS 'What it is for: chat, embedding, image_generation, …; NULL: unknown';
COMMENT ON COLUMN ideamine.models.max_input_tokens IS 'The most tokens that it takes; NULL: unknown';
COMMENT ON COLUMN ideamine.models.max_output_tokens IS 'The most tokens that it gives for an answer; NULL: unknown';
COMMENT ON COLUMN ideamine.models.input_cost_per_token IS 'USD per token that it is given, exact; NULL: unknown, which is not 0';
COMMENT ON COLUMN ideamine.models.output_cost_per_token IS 'USD per token that it gives, exact; NULL: unknown, which is not 0';
COMMENT ON COLUMN ideamine.models.prices IS
  'All other prices that were loaded, in USD, by their names there: numbers, and objects of numbers; those of tokens where the input is long, too';
COMMENT ON COLUMN ideamine.models.updated_at IS 'When it was last loaded';

SELECT pg_catalog.pg_extension_config_dump('ideamine.models', '');
GRANT SELECT ON ideamine.models TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
