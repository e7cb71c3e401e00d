-- The published prices of models: all of them are loaded, each with the decimals of the file, and loading them again
-- changes nothing. Prints one line.
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

SELECT format('loaded %s, unpriced %s, skipped %s, models %s, prices %s, different %s, sums %s and %s, changed by loading again %s, gpt-4o %s',
  loaded, unpriced, skipped, (SELECT count(*) FROM ideamine.models), (SELECT count(*) FROM kept),
  (SELECT count(*) FROM truth AS t FULL JOIN kept AS k USING (model, key) WHERE t.price IS DISTINCT FROM k.price),
  (SELECT sum(input_cost_per_token) FROM ideamine.models), (SELECT sum(output_cost_per_token) FROM ideamine.models),
  (SELECT count(*) FROM loaded AS a FULL JOIN ideamine.models AS b USING (model)
   WHERE to_jsonb(a) - 'updated_at' IS DISTINCT FROM to_jsonb(b) - 'updated_at')
  + (SELECT count(*) FROM first, again WHERE first IS DISTINCT FROM again),
  ideamine.estimate_cost('gpt-4o', 1000, 1000))
FROM first;
