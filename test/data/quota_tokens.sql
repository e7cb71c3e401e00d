-- Requests of a real service as token usage of ten tenants against a daily limit: what is admitted is what one gets by
-- going through the requests one by one, and the counters agree with the rows. Prints one line.
CREATE TEMP TABLE requests (n bigint GENERATED ALWAYS AS IDENTITY, at timestamptz, context bigint, generated bigint);
\copy requests (at, context, generated) FROM PSTDIN CSV HEADER
CREATE TEMP TABLE asked AS
  SELECT 'tokens/' || n % 10 AS tenant, row_number() OVER (PARTITION BY n % 10 ORDER BY n) AS turn, context + generated AS tokens
  FROM requests;
CREATE INDEX ON asked (tenant, turn);

SELECT count(ideamine.set_quotas('tokens/' || i, max_tokens_per_day => 1000000, throttle_enabled => false)) AS tenants
FROM generate_series(0, 9) AS i \gset

-- One transaction for each hundred, every seventh of which is rolled back and asked again.
CREATE TEMP TABLE answered (tenant text, turn bigint, allowed boolean);
DO $$
DECLARE
  batch record;
BEGIN
  FOR batch IN SELECT DISTINCT tenant, turn / 100 AS hundred FROM asked ORDER BY 2, 1 LOOP
    IF batch.hundred % 7 = 3 THEN
      BEGIN
        PERFORM ideamine.enforce_quota(a.tenant, 'tokens', a.tokens) FROM asked AS a
        WHERE a.tenant = batch.tenant AND a.turn / 100 = batch.hundred;
        RAISE EXCEPTION 'undone';
      EXCEPTION WHEN raise_exception THEN
        NULL;
      END;
    END IF;
    INSERT INTO answered SELECT a.tenant, a.turn, e.allowed
    FROM (SELECT * FROM asked WHERE tenant = batch.tenant AND turn / 100 = batch.hundred ORDER BY turn) AS a
    CROSS JOIN LATERAL ideamine.enforce_quota(a.tenant, 'tokens', a.tokens) AS e;
    COMMIT;
  END LOOP;
END
$$;

WITH RECURSIVE truth AS (
  SELECT tenant, turn, tokens <= 1000000 AS allowed, CASE WHEN tokens <= 1000000 THEN tokens ELSE 0 END AS used FROM asked WHERE turn = 1
  UNION ALL
  SELECT a.tenant, a.turn, t.used + a.tokens <= 1000000, t.used + CASE WHEN t.used + a.tokens <= 1000000 THEN a.tokens ELSE 0 END
  FROM truth AS t JOIN asked AS a ON a.tenant = t.tenant AND a.turn = t.turn + 1)
SELECT format('requests %s, refused %s, different %s, tenants off %s, broken %s',
  count(*), count(*) FILTER (WHERE NOT t.allowed), count(*) FILTER (WHERE t.allowed IS DISTINCT FROM a.allowed),
  (SELECT count(*) FROM (SELECT tenant, max(used) AS used FROM truth GROUP BY tenant) AS s
   WHERE s.used IS DISTINCT FROM (SELECT sum(amount) FROM ideamine.tenant_usage AS u WHERE u.tenant_id = s.tenant AND resource = 'tokens')
      OR s.used IS DISTINCT FROM (SELECT used FROM ideamine.get_tenant_usage(s.tenant) WHERE resource = 'tokens')),
  (SELECT count(*) FROM ideamine.audit_counters() WHERE state = 'broken'))
FROM truth AS t LEFT JOIN answered AS a USING (tenant, turn);
