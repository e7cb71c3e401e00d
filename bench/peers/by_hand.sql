\ir ../baseline.sql
TRUNCATE baseline.queue, baseline.executions;
