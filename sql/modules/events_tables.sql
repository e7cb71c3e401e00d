-- events: what happened, for whoever wants to know.

CREATE TABLE ideamine.events (
  event_id   uuid NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  event_type text COLLATE "C" NOT NULL,
  payload    jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (event_id, tenant_id)
);
COMMENT ON TABLE ideamine.events IS
  'What happened, written together with it; the background worker tells listeners on channel ideamine that there is something new';
COMMENT ON COLUMN ideamine.events.event_id IS 'UUID version 7: ids sort by the time at which events were written';
COMMENT ON COLUMN ideamine.events.tenant_id IS 'Tenant that it is about';
COMMENT ON COLUMN ideamine.events.event_type IS 'What kind of event it is, such as quota-violation or tenant-throttled';
COMMENT ON COLUMN ideamine.events.payload IS 'What there is to know about it';
COMMENT ON COLUMN ideamine.events.created_at IS 'When it was written';

CREATE INDEX events_of_tenant ON ideamine.events (tenant_id, created_at);
COMMENT ON INDEX ideamine.events_of_tenant IS 'Events of a tenant by time';

SELECT pg_catalog.pg_extension_config_dump('ideamine.events', '');
GRANT SELECT ON ideamine.events TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
