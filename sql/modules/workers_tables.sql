-- workers: the registry of the processes that execute jobs.

CREATE TYPE ideamine.worker_status AS ENUM ('active', 'draining', 'degraded', 'failed', 'terminated');
COMMENT ON TYPE ideamine.worker_status IS
'active: takes jobs; draining: finishes what it holds and takes nothing new; degraded: takes jobs, but is
watched; failed: fell silent and was given up; terminated: said good-bye. The last two are final.';

-- A heartbeat that is written changes no indexed column, and half-empty pages keep its new row version on the same page.
CREATE TABLE ideamine.workers (
  worker_id         uuid NOT NULL PRIMARY KEY,
  worker_type       text COLLATE "C" NOT NULL,
  capabilities      text[] COLLATE "C" NOT NULL,
  tenants           text[] COLLATE "C",
  capacity          integer CONSTRAINT workers_capacity_positive CHECK (capacity > 0),
  status            ideamine.worker_status NOT NULL,
  last_heartbeat_at timestamptz NOT NULL,
  metrics           jsonb,
  registered_at     timestamptz NOT NULL,
  ended_at          timestamptz,
  deviations        integer NOT NULL DEFAULT 0,
  replaced_by       uuid
) WITH (fillfactor = 50);
COMMENT ON TABLE ideamine.workers IS
  'One row per worker process: what it can do, whether it lives; workers belong to the platform, not to a tenant';
COMMENT ON COLUMN ideamine.workers.worker_id IS 'UUID version 7, new for each process that registers';
COMMENT ON COLUMN ideamine.workers.worker_type IS 'What kind of worker it is, for people and for successors';
COMMENT ON COLUMN ideamine.workers.capabilities IS 'What it can do, sorted; it gets jobs that require no more than these';
COMMENT ON COLUMN ideamine.workers.tenants IS 'The tenants whose jobs it may get, sorted; NULL: all of them';
COMMENT ON COLUMN ideamine.workers.capacity IS 'How many jobs it may hold at once; NULL: as many as it asks for';
COMMENT ON COLUMN ideamine.workers.status IS 'See type ideamine.worker_status';
COMMENT ON COLUMN ideamine.workers.last_heartbeat_at IS 'When it was last heard of, as far as it has been written: heartbeats are noted in shared memory; v_workers knows them';
COMMENT ON COLUMN ideamine.workers.metrics IS 'What it reported with its last heartbeat';
COMMENT ON COLUMN ideamine.workers.registered_at IS 'When it registered';
COMMENT ON COLUMN ideamine.workers.ended_at IS 'When it failed or was terminated; NULL while it lives';
COMMENT ON COLUMN ideamine.workers.deviations IS 'How many of its votes on quorum jobs in a row were outvoted';
COMMENT ON COLUMN ideamine.workers.replaced_by IS 'Its successor, if it failed and was replaced';

CREATE INDEX workers_alive ON ideamine.workers (worker_id)
  WHERE status IN ('active', 'draining', 'degraded');
COMMENT ON INDEX ideamine.workers_alive IS 'The workers that the sweep looks at; those that ended are kept for a while, and may be many';

SELECT pg_catalog.pg_extension_config_dump('ideamine.workers', '');
GRANT SELECT ON ideamine.workers TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
