-- queues: which of them are paused.

CREATE TABLE ideamine.paused_queues (
  tenant_id text COLLATE "C" NOT NULL,
  queue     text COLLATE "C" NOT NULL,
  paused_at timestamptz NOT NULL,
  reason    text,
  PRIMARY KEY (tenant_id, queue)
);
COMMENT ON TABLE ideamine.paused_queues IS 'Queues whose jobs are not handed out until resume_queue()';
COMMENT ON COLUMN ideamine.paused_queues.tenant_id IS 'The tenant';
COMMENT ON COLUMN ideamine.paused_queues.queue IS 'Name of its queue';
COMMENT ON COLUMN ideamine.paused_queues.paused_at IS 'Since when';
COMMENT ON COLUMN ideamine.paused_queues.reason IS 'Why, as the one who paused it said';

SELECT pg_catalog.pg_extension_config_dump('ideamine.paused_queues', '');
GRANT SELECT ON ideamine.paused_queues TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
