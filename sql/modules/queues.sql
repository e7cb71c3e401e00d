-- queues: pausing and resuming.

CREATE OR REPLACE TRIGGER paused_queues_changed AFTER INSERT OR UPDATE OR DELETE ON ideamine.paused_queues
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.announce_change();
CREATE OR REPLACE TRIGGER paused_queues_emptied AFTER TRUNCATE ON ideamine.paused_queues
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.announce_change();
ALTER TABLE ideamine.paused_queues ENABLE ALWAYS TRIGGER paused_queues_changed;
ALTER TABLE ideamine.paused_queues ENABLE ALWAYS TRIGGER paused_queues_emptied;
COMMENT ON TRIGGER paused_queues_changed ON ideamine.paused_queues IS 'Tells all sessions, at the commit';
COMMENT ON TRIGGER paused_queues_emptied ON ideamine.paused_queues IS 'Tells all sessions, at the commit';

CREATE OR REPLACE FUNCTION ideamine.pause_queue(
  tenant_id text,
  queue     text DEFAULT 'default',
  reason    text DEFAULT NULL
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_pause_queue';
COMMENT ON FUNCTION ideamine.pause_queue(text, text, text) IS
'From its commit on, no job of the queue is handed out until resume_queue(); what runs goes on. Returns how many
pending jobs were paused. Jobs that come later are paused when a worker meets them. Pausing again changes the
reason, if one is given.
tenant_id: NULL means the setting ideamine.tenant_id; queue: as in the options of create_job(); reason: for
people, kept up to 16 kB.
Errors: ID400 invalid queue, ID403 not a tenant of the login, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.pause_queue(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.pause_queue(text, text, text) TO ideamine_app, ideamine_admin;

CREATE OR REPLACE FUNCTION ideamine.resume_queue(
  tenant_id text,
  queue     text DEFAULT 'default'
) RETURNS bigint
LANGUAGE C SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'ideamine_resume_queue';
COMMENT ON FUNCTION ideamine.resume_queue(text, text) IS
'Jobs of the queue are handed out again, in their old order. Returns how many were paused; resuming a queue that
is not paused does nothing.
tenant_id: NULL means the setting ideamine.tenant_id; queue: as in the options of create_job().
Errors: ID400 invalid queue, ID403 not a tenant of the login, ID404 unknown tenant.';
REVOKE ALL ON FUNCTION ideamine.resume_queue(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ideamine.resume_queue(text, text) TO ideamine_app, ideamine_admin;
