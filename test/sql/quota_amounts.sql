-- Amounts of every size and scale, on their way in and out: exact, or rounded up, as the server's own arithmetic says.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.tenant_quotas, ideamine.tenant_usage;
SELECT ideamine.set_quotas('amounts', 'enterprise');

-- Whole numbers and fractions, around the powers of ten and of ten thousand, and with zeros behind them.
CREATE TABLE pg_temp.amounts AS
  SELECT DISTINCT ON (amount::text) amount FROM (
    SELECT round(digits * numeric '10' ^ power, scale) AS amount
    FROM unnest(ARRAY[1, 2, 5, 7, 9, 10, 99, 101, 9999, 10000, 10001, 12345, 99999999, 100000001, 1234567890123,
                      9999999999999999, 12345678901234567]) AS digits,
      generate_series(-20, 6) AS power, generate_series(0, 24, 3) AS scale) AS a
  WHERE amount > 0 AND amount < 1000000000;
SELECT count(*) > 1000 AS many FROM pg_temp.amounts;

-- from a table, where they are packed, and as values
CREATE FUNCTION pg_temp.differences(resource text, digits integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  number numeric;
  sum numeric := ideamine.record_usage('amounts', resource, 1);
BEGIN
  FOR number IN SELECT amount FROM pg_temp.amounts WHERE amount < 1000000 ORDER BY amount::text LOOP
    sum := sum + ceil(number * 10::numeric ^ digits) / 10::numeric ^ digits;
    IF ideamine.record_usage('amounts', resource, number) <> sum THEN
      RETURN NEXT format('%s %s', resource, number);
    END IF;
  END LOOP;
  FOR number IN SELECT a.sum FROM (SELECT sum(amount) FROM pg_temp.amounts WHERE amount < 1000000 GROUP BY amount) AS a LOOP
    sum := sum + ceil(number * 10::numeric ^ digits) / 10::numeric ^ digits;
    IF ideamine.record_usage('amounts', resource, number) <> sum THEN
      RETURN NEXT format('%s %s', resource, number);
    END IF;
  END LOOP;
  IF sum <> (SELECT sum(u.amount) FROM ideamine.tenant_usage u WHERE u.resource::text = differences.resource) THEN
    RETURN NEXT resource || ': the sum of its rows';
  END IF;
END $$;
SELECT pg_temp.differences('cost', 9);
SELECT pg_temp.differences('cpu', 3);
SELECT pg_temp.differences('tokens', 0);

-- No zeros behind the last digit, however it came about.
SELECT count(*) FROM ideamine.tenant_usage WHERE amount::text <> trim_scale(amount)::text;

-- Where nothing may be rounded: as it is, or refused.
CREATE FUNCTION pg_temp.limit_differences() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  number numeric;
  kept text;
BEGIN
  FOR number IN SELECT amount FROM pg_temp.amounts WHERE hashtext(amount::text) % 8 = 0 LOOP
    BEGIN
      PERFORM ideamine.set_quotas('amounts', max_cost_per_day_usd => number);
      kept := (SELECT max_cost_per_day_usd::text FROM ideamine.tenant_quotas WHERE tenant_id = 'amounts');
    EXCEPTION WHEN SQLSTATE 'ID400' THEN
      kept := 'refused';
    END;
    IF kept <> (CASE WHEN number = trunc(number, 9) THEN trim_scale(number)::text ELSE 'refused' END) THEN
      RETURN NEXT format('%s: %s', number, kept);
    END IF;
  END LOOP;
END $$;
SELECT pg_temp.limit_differences();

-- The largest that fit, and the first that do not.
SELECT ideamine.set_quotas('amounts', max_tokens_per_day => 9223372036854775806, max_cost_per_day_usd => 9223372036.854775806);
SELECT max_tokens_per_day, max_cost_per_day_usd FROM ideamine.tenant_quotas;
SELECT ideamine.set_quotas('amounts', max_tokens_per_day => 9223372036854775807);
SELECT ideamine.set_quotas('amounts', max_cost_per_day_usd => 9223372036.854775807);
SELECT ideamine.set_quotas('amounts', max_cost_per_day_usd => 10000000000);
SELECT ideamine.set_quotas('amounts', max_cost_per_day_usd => 1e200);
SELECT ideamine.set_quotas('amounts', max_cost_per_day_usd => -1e-200);
SELECT ideamine.set_quotas('amounts', max_cost_per_day_usd => -1);
SELECT ideamine.has_quota('amounts', 'tokens', 0), ideamine.has_quota('amounts', 'tokens', -0.00);
SELECT ideamine.has_quota('amounts', 'tokens', -5);
SELECT ideamine.has_quota('amounts', 'tokens', 'NaN');
SELECT ideamine.has_quota('amounts', 'tokens', 1e-1000), ideamine.has_quota('amounts', 'tokens', 1e30);
