-- The published prices of models: all of them are loaded, each with the decimals of the file, and loading them again
-- changes nothing. What requests cost is what the file says, for input of any length. Prints one line.
CREATE TEMP TABLE lines (n bigint GENERATED ALWAYS AS IDENTITY, line text);
\copy lines (line) FROM PSTDIN (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
CREATE TEMP TABLE file AS SELECT string_agg(line, E'\n' ORDER BY n)::json AS content FROM lines;

CREATE TEMP TABLE first AS SELECT l.* FROM file, ideamine.load_model_prices(content::jsonb) AS l;
CREATE TEMP TABLE loaded AS SELECT * FROM ideamine.models;
CREATE TEMP TABLE again AS SELECT l.* FROM file, ideamine.load_model_prices(content::jsonb) AS l;

-- All prices of the file, by its text, and all that the table has.
CREATE TEMP TABLE truth AS
  SELECT m.key AS model, p.key, p.value::jsonb AS price
  FROM file, json_each(content) AS m, json_each(m.value) AS p
  WHERE m.key <> 'sample_spec' AND p.key ~ 'cost' AND json_typeof(p.value) IN ('number', 'object');
CREATE TEMP TABLE kept AS
  SELECT m.model, p.key, p.value AS price
  FROM ideamine.models AS m
  CROSS JOIN LATERAL jsonb_each(m.prices || jsonb_strip_nulls(jsonb_build_object(
    'input_cost_per_token', m.input_cost_per_token, 'output_cost_per_token', m.output_cost_per_token))) AS p;

-- Below, at and above every length of which the file has prices, by all models that have prices of tokens of both kinds.
CREATE TEMP TABLE estimates AS
  SELECT m.key AS model, tokens, ideamine.estimate_cost(m.key, tokens, 1000) AS estimate, tokens * i.price + 1000 * o.price AS truth,
         m.value->>'input_cost_per_token' AS short_price, i.price AS price
  FROM file, json_each(content) AS m
  CROSS JOIN (SELECT DISTINCT k * 1000 + d AS tokens FROM (SELECT DISTINCT (regexp_match(key, 'above_(\d+)k_tokens'))[1]::bigint FROM truth) AS n (k),
    unnest('{-1,0,1}'::bigint[]) AS d WHERE k IS NOT NULL) AS t
  CROSS JOIN LATERAL (SELECT max(value::numeric) FROM json_each_text(m.value)
    WHERE key = 'input_cost_per_token' OR tokens >= substring(key FROM '^input_cost_per_token_above_(\d+)k_tokens$')::bigint * 1000) AS i (price)
  CROSS JOIN LATERAL (SELECT max(value::numeric) FROM json_each_text(m.value)
    WHERE key = 'output_cost_per_token' OR tokens >= substring(key FROM '^output_cost_per_token_above_(\d+)k_tokens$')::bigint * 1000) AS o (price)
  WHERE m.key <> 'sample_spec' AND i.price + o.price > 0;

SELECT format('loaded %s, unpriced %s, skipped %s, models %s, prices %s, different %s, sums %s and %s, changed by loading again %s, gpt-4o %s, estimates %s, different %s, dearer for their length %s',
  loaded, unpriced, skipped, (SELECT count(*) FROM ideamine.models), (SELECT count(*) FROM kept),
  (SELECT count(*) FROM truth AS t FULL JOIN kept AS k USING (model, key) WHERE t.price IS DISTINCT FROM k.price),
  (SELECT sum(input_cost_per_token) FROM ideamine.models), (SELECT sum(output_cost_per_token) FROM ideamine.models),
  (SELECT count(*) FROM loaded AS a FULL JOIN ideamine.models AS b USING (model)
   WHERE to_jsonb(a) - 'updated_at' IS DISTINCT FROM to_jsonb(b) - 'updated_at')
  + (SELECT count(*) FROM first, again WHERE first IS DISTINCT FROM again),
  ideamine.estimate_cost('gpt-4o', 1000, 1000), (SELECT count(*) FROM estimates),
  (SELECT count(*) FROM estimates WHERE estimate IS DISTINCT FROM truth),
  (SELECT count(DISTINCT model) FROM estimates WHERE price > short_price::numeric))
FROM first;
