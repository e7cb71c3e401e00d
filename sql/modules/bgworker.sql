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
