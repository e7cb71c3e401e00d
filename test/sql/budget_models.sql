-- Prices of models: what is loaded of LiteLLM's table and what is refused, and what a request may cost, to the last digit.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_logins, ideamine.models;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

-- ---- loading ------------------------------------------------------------------------------------

-- An entry that explains itself and those that say nothing of a model are none. Keys that are no prices are left out.
SELECT * FROM ideamine.load_model_prices('{
  "sample_spec": {"input_cost_per_token": "in USD", "max_tokens": "what a model gives at most", "mode": 7},
  "rules": {"rules": [{"pattern": "^claude-"}]},
  "nothing": {},
  "gpt-4o": {
    "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "litellm_provider": "openai", "mode": "chat",
    "max_input_tokens": 128000, "max_output_tokens": 16384, "max_tokens": 99, "supports_vision": true,
    "cache_read_input_token_cost": 1.250e-06, "input_cost_per_token_above_200k_tokens": 0,
    "search_context_cost_per_query": {"search_context_size_low": 0.03, "search_context_size_high": 0.050}},
  "embed": {"input_cost_per_token": 1e-07, "output_cost_per_token": 0, "mode": "embedding", "max_tokens": 8191.0},
  "only input": {"input_cost_per_token": 0.1, "max_input_tokens": 10},
  "only output": {"output_cost_per_token": 0.1, "max_output_tokens": null, "max_tokens": 5},
  "picture": {"input_cost_per_image": 0.04, "input_cost_per_token": null, "output_cost_per_token": null},
  "wordy": {"litellm_provider": "x", "max_input_tokens": "depends", "max_output_tokens": 0.5, "max_tokens": -1,
            "odd_cost": "free", "list_cost": [1], "mixed_cost": {"a": 1, "b": "2"}, "empty_cost": {}, "null_cost": null}}');
SELECT model, provider, mode, max_input_tokens AS input, max_output_tokens AS output, input_cost_per_token, output_cost_per_token
FROM ideamine.models ORDER BY model;
SELECT model, prices FROM ideamine.models WHERE prices <> '{}' ORDER BY model;

-- Decimals of any length stay what they are.
SELECT * FROM ideamine.load_model_prices(format('{"long": {"input_cost_per_token": 0.%s1, "output_cost_per_token": 1000.000}}', repeat('0', 400))::jsonb);
SELECT input_cost_per_token = 1e-401 AS exact, output_cost_per_token FROM ideamine.models WHERE model = 'long';
SELECT ideamine.estimate_cost('long', 9223372036854775807, 0) = 9223372036854775807 * 1e-401 AS exact;
SELECT ideamine.estimate_cost('long', 0, 9223372036854775807);

-- What is known of a model is replaced, all of it; models that are not named stay.
SELECT * FROM ideamine.load_model_prices('{"gpt-4o": {"input_cost_per_token": 3e-06}, "new": {"mode": "chat"}}');
SELECT model, provider, mode, max_output_tokens AS output, input_cost_per_token, output_cost_per_token, prices
FROM ideamine.models WHERE model IN ('gpt-4o', 'new') ORDER BY model;
SELECT count(*) FROM ideamine.models;
SELECT * FROM ideamine.load_model_prices('{}');
-- what is not known any more, too
SELECT * FROM ideamine.load_model_prices('{"new": {"input_cost_per_token": null}, "embed": {"supports_vision": true}}');
SELECT model, mode, input_cost_per_token FROM ideamine.models WHERE model IN ('new', 'embed') ORDER BY model;

-- One bad entry, and nothing is loaded.
CREATE TEMP TABLE before AS SELECT * FROM ideamine.models;
\set load 'CALL pg_temp.refused($$SELECT ideamine.load_model_prices(''{"aa": {"mode": "chat"}, '
:load "m": {"input_cost_per_token": "1e-06"}}')$$);
:load "m": {"output_cost_per_token": [1]}}')$$);
:load "m": {"output_cost_per_token": true}}')$$);
:load "m": {"input_cost_per_token": -1e-400}}')$$);
:load "m": {"input_cost_per_token": 1000.00000000000000000000001}}')$$);
:load "m": {"output_cost_per_token": 1e1000}}')$$);
:load "m": {"cache_read_input_token_cost": -1}}')$$);
:load "m": {"search_context_cost_per_query": {"low": 1, "high": -1}}}')$$);
:load "m": {"litellm_provider": 7}}')$$);
:load "m": {"mode": ""}}')$$);
:load "m": {"mode": "a\nb"}}')$$);
:load "m": 7}')$$);
:load "m": null}')$$);
:load "": {"mode": "chat"}}')$$);
:load "m\u0007": {"mode": "chat"}}')$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices(jsonb_build_object(repeat('x', 201), '{}'::jsonb))$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices(NULL)$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('null')$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('[]')$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('"gpt-4o"')$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices((SELECT jsonb_object_agg(i, '{"mode": "chat"}'::jsonb) FROM generate_series(1, 100001) AS i))$$);
SELECT count(*) AS changed FROM ideamine.models AS m FULL JOIN before AS b USING (model) WHERE m IS DISTINCT FROM b;

-- As many as are allowed.
BEGIN;
SELECT * FROM ideamine.load_model_prices((SELECT jsonb_object_agg(i, '{"mode": "chat"}'::jsonb) FROM generate_series(1, 100000) AS i));
ROLLBACK;

-- The table holds nothing that a price cannot be, by whatever way.
\set insert 'INSERT INTO ideamine.models (model, input_cost_per_token, output_cost_per_token, prices, updated_at) VALUES '
:insert ('by hand', 'NaN', 0, '{}', '-infinity');
:insert ('by hand', 0, 'infinity', '{}', '-infinity');
:insert ('by hand', -1, 0, '{}', '-infinity');
:insert ('by hand', 0, 0, '[]', '-infinity');

-- ---- estimates ----------------------------------------------------------------------------------

SELECT * FROM ideamine.load_model_prices('{"gpt-4o": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "max_output_tokens": 16384}}');
SELECT ideamine.estimate_cost('gpt-4o', 1000, 1000);
SELECT ideamine.estimate_cost('gpt-4o', 1, 0), ideamine.estimate_cost('gpt-4o', 0, 1), ideamine.estimate_cost('gpt-4o', 0, 0);
-- as much as the model may give
SELECT ideamine.estimate_cost('gpt-4o', 1000), ideamine.estimate_cost('gpt-4o', 1000, NULL) = 1000 * 0.0000025 + 16384 * 0.00001 AS exact;
SELECT ideamine.estimate_cost('embed', 3), ideamine.estimate_cost(input_tokens => 3, model => 'embed', max_output_tokens => 0);
SELECT ideamine.estimate_cost('gpt-4o', 9223372036854775807, 9223372036854775807);

-- A price that is not known is no zero, but needed only where there are such tokens.
SELECT ideamine.estimate_cost('only input', 7, 0), ideamine.estimate_cost('only output', 0);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('only input', 7, 1)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('only output', 1, 1)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('picture', 1, 1)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('picture', 0, 0)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('new', 0, 0)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('only input', 7)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('gpt-5o', 1, 1)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('sample_spec', 0, 0)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('gpt-4o', -1, 1)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('gpt-4o', 1, -1)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('gpt-4o', NULL)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost(NULL, 1, 1)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('', 1, 1)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost(repeat('x', 201), 1, 1)$$);

-- Long input makes all tokens dearer, those of output too, for as many thousands as there are prices; never cheaper.
SELECT * FROM ideamine.load_model_prices('{
  "long": {"input_cost_per_token": 1e-06, "output_cost_per_token": 4e-06, "max_output_tokens": 1000,
    "input_cost_per_token_above_128k_tokens": 2.000000000000001e-06, "output_cost_per_token_above_128k_tokens": 8e-06,
    "output_cost_per_token_above_1000k_tokens": 9e-06, "input_cost_per_token_above_512k_tokens": 1e-09,
    "input_cost_per_token_above_1k_tokens_priority": 1, "cache_read_input_token_cost_above_1k_tokens": 1,
    "output_cost_per_image_above_1k_tokens": 1, "input_cost_per_token_above_2k_tokens": null},
  "only long": {"input_cost_per_token_above_32k_tokens": 3e-06, "output_cost_per_token_above_64k_tokens": 5e-06}}');
SELECT tokens, ideamine.estimate_cost('long', tokens) AS estimate,
  tokens * CASE WHEN tokens < 128000 THEN 0.000001 ELSE 0.000002000000000000001 END
  + 1000 * CASE WHEN tokens < 128000 THEN 0.000004 WHEN tokens < 1000000 THEN 0.000008 ELSE 0.000009 END AS same
FROM unnest('{0,127999,128000,128001,512001,999999,1000000,2000000}'::bigint[]) AS tokens;
SELECT prices -> 'input_cost_per_token_above_128k_tokens' AS exact FROM ideamine.models WHERE model = 'long';
SELECT ideamine.estimate_cost('only long', 32000, 0), ideamine.estimate_cost('only long', 64000, 1);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('only long', 31999, 0)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('only long', 63999, 1)$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('{"m": {"input_cost_per_token_above_128k_tokens": 1001}}')$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('{"m": {"output_cost_per_token_above_128k_tokens": {"a": 1}}}')$$);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('{"m": {"output_cost_per_token_above_128k_tokens": -1}}')$$);

-- What charges for something else than tokens is not free because its tokens are; what charges for nothing is.
SELECT * FROM ideamine.load_model_prices('{
  "rerank": {"input_cost_per_token": 0, "output_cost_per_token": 0, "input_cost_per_query": 0.002},
  "voice": {"input_cost_per_character": 0.00003, "output_cost_per_token": 0}, "film": {"output_cost_per_second": 0.1},
  "free": {"input_cost_per_token": 0, "output_cost_per_token": 0, "input_cost_per_request": 0},
  "searches": {"input_cost_per_token": 1e-06, "output_cost_per_token": 0, "search_context_cost_per_query": {"low": 0.01}}}');
SELECT ideamine.estimate_cost('free', 1000, 1000), ideamine.estimate_cost('searches', 1000, 1000);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('rerank', 10, 10)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('voice', 0, 10)$$);
CALL pg_temp.refused($$SELECT ideamine.estimate_cost('film', 0, 0)$$);

-- ---- roles --------------------------------------------------------------------------------------

-- Administrators load; everybody else with a role estimates and reads.
SET ROLE ideamine_app;
SELECT ideamine.estimate_cost('gpt-4o', 1000, 1000);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('{}')$$);
CALL pg_temp.refused($$UPDATE ideamine.models SET input_cost_per_token = 0$$);
SET ROLE ideamine_worker;
SELECT ideamine.estimate_cost('gpt-4o', 1000, 1000);
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('{}')$$);
SET ROLE ideamine_reader;
SELECT ideamine.estimate_cost('gpt-4o', 1000, 1000), (SELECT count(*) FROM ideamine.models) AS models;
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('{}')$$);
SET ROLE ideamine_admin;
SELECT * FROM ideamine.load_model_prices('{"gpt-4o": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}}');
CALL pg_temp.refused($$DELETE FROM ideamine.models$$);
RESET ROLE;

-- A login that is bound to a tenant estimates; prices are the platform's.
CREATE ROLE regress_ideamine_bound LOGIN IN ROLE ideamine_admin;
SELECT ideamine.create_tenant('acme');
SELECT ideamine.bind_login('regress_ideamine_bound', 'acme');
SET SESSION AUTHORIZATION regress_ideamine_bound;
SELECT ideamine.estimate_cost('gpt-4o', 1000, 1000), (SELECT count(*) FROM ideamine.models) AS models;
CALL pg_temp.refused($$SELECT ideamine.load_model_prices('{}')$$);
RESET SESSION AUTHORIZATION;
TRUNCATE ideamine.tenants, ideamine.tenant_logins, ideamine.models;
DROP ROLE regress_ideamine_bound;
