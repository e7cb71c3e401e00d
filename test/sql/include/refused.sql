\set ECHO none
-- Runs a statement that must be refused, its arguments put in as format() does, and shows how, with ids made here and epochs
-- masked.
CREATE PROCEDURE pg_temp.refused(statement text, VARIADIC arguments text[] DEFAULT '{}')
LANGUAGE plpgsql AS $$
DECLARE
  detail text;
  hint   text;
BEGIN
  EXECUTE CASE arguments WHEN '{}' THEN statement ELSE format(statement, VARIADIC arguments) END;
  RAISE INFO 'not refused: %', statement;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RAISE INFO '%', regexp_replace(regexp_replace(
    concat(SQLSTATE, ': ', SQLERRM, E'\nDETAIL: ' || nullif(detail, ''), E'\nHINT: ' || nullif(hint, '')),
    '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}', '<id>', 'gi'),
    '(epoch (is )?)[1-9][0-9]{9,}\M', '\1<epoch>', 'g');
END
$$;
\set ECHO all
