-- bgworker: administrators' hold on the background workers.

CREATE OR REPLACE FUNCTION ideamine.detach_worker(
  database text DEFAULT NULL,
  timeout  interval DEFAULT '10 seconds'
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_detach_worker';
COMMENT ON FUNCTION ideamine.detach_worker(text, interval) IS
'Stops the background worker of a database and keeps it away until attach_worker() or a restart, so that the
database can be copied, renamed or worked on alone. Returns true once it is gone, false if it did not go in time.
database: default the current one; it must be named in ideamine.databases. timeout: 0 to 1 hour.
Errors: ID400 invalid timeout, ID404 no worker is configured for the database, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.detach_worker(text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.detach_worker(text, interval) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.attach_worker(
  database text DEFAULT NULL,
  timeout  interval DEFAULT '10 seconds'
) RETURNS boolean
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_attach_worker';
COMMENT ON FUNCTION ideamine.attach_worker(text, interval) IS
'Lets the background worker of a database start again after detach_worker(), and waits until it runs. Returns true
once it runs, false if it did not start in time (it goes on trying).
database: default the current one; it must be named in ideamine.databases. timeout: 0 to 1 hour.
Errors: ID400 invalid timeout, ID404 no worker is configured for the database, ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.attach_worker(text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.attach_worker(text, interval) TO ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.get_background_workers() RETURNS TABLE (
  database text,
  pid      integer,
  state    text
)
LANGUAGE C STABLE
AS 'MODULE_PATHNAME', 'ideamine_get_background_workers';
COMMENT ON FUNCTION ideamine.get_background_workers() IS
'The background workers of the server: a row for each database in ideamine.databases. state: working, starting
(pid is NULL until its process runs), held (by a statement that needs the database for itself) or detached (by
detach_worker()).
Errors: ID503 the library is not preloaded.';
REVOKE ALL ON FUNCTION ideamine.get_background_workers() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.get_background_workers() TO ideamine_admin;

CREATE OR REPLACE VIEW ideamine.v_workers_internal WITH (security_invoker = true) AS
  SELECT w.database, w.pid, w.state, a.backend_start AS started_at, a.query AS activity
  FROM ideamine.get_background_workers() AS w
  LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = w.pid;
COMMENT ON VIEW ideamine.v_workers_internal IS 'The background workers of the server, and what each is doing';
COMMENT ON COLUMN ideamine.v_workers_internal.database IS 'The database that it works in';
COMMENT ON COLUMN ideamine.v_workers_internal.pid IS 'Its process; NULL: none';
COMMENT ON COLUMN ideamine.v_workers_internal.state IS 'working, starting, held or detached';
COMMENT ON COLUMN ideamine.v_workers_internal.started_at IS 'When the process began';
COMMENT ON COLUMN ideamine.v_workers_internal.activity IS 'The duty that it carries out, or the latest one';
GRANT SELECT ON ideamine.v_workers_internal TO ideamine_admin;
