-- priority: by which rules jobs give way, and the room that is held for those for which they did.

-- Rows of ours are left out of dumps, and those of users stand beside them.
CREATE TABLE ideamine.preemption_policies (
  name      text COLLATE "C" NOT NULL,
  builtin   boolean NOT NULL DEFAULT false,
  resource  ideamine.resource NOT NULL
            CONSTRAINT preemption_policies_resource_held CHECK (resource IN ('cpu', 'memory', 'gpu')),
  threshold double precision NOT NULL CONSTRAINT preemption_policies_threshold_share CHECK (threshold BETWEEN 0 AND 1),
  for_class ideamine.priority_class NOT NULL CONSTRAINT preemption_policies_for_high CHECK (for_class IN ('P0', 'P1')),
  victims   ideamine.priority_class[] NOT NULL
            CONSTRAINT preemption_policies_victims_lower CHECK (pg_catalog.cardinality(victims) BETWEEN 1 AND 3 AND NOT 'P0' = ANY (victims)),
  together  boolean NOT NULL DEFAULT false,
  enabled   boolean NOT NULL DEFAULT true,
  PRIMARY KEY (name, builtin)
);
COMMENT ON TABLE ideamine.preemption_policies IS
  'Rules by which running jobs give way to waiting ones that do not fit; set_preemption_policy() writes it. One of the users holds instead of a shipped one of its name';
COMMENT ON COLUMN ideamine.preemption_policies.name IS 'Its name';
COMMENT ON COLUMN ideamine.preemption_policies.builtin IS 'True: it was shipped with the extension';
COMMENT ON COLUMN ideamine.preemption_policies.resource IS 'What is short: cpu, memory or gpu, of the platform or of the quota of the tenant of the waiting job';
COMMENT ON COLUMN ideamine.preemption_policies.threshold IS 'It holds from this share of the resource in use on, 0 to 1';
COMMENT ON COLUMN ideamine.preemption_policies.for_class IS 'The lowest class of the jobs that gain by it: P0, or P1 for both';
COMMENT ON COLUMN ideamine.preemption_policies.victims IS 'The classes that give way, in this order';
COMMENT ON COLUMN ideamine.preemption_policies.together IS 'False: a class gives way only when nobody is left of those before it; true: all of them do, the lowest first';
COMMENT ON COLUMN ideamine.preemption_policies.enabled IS 'False: it does not hold, and a shipped one of its name does not either';

INSERT INTO ideamine.preemption_policies (name, builtin, resource, threshold, for_class, victims, together)
SELECT resource || '-' || rule.percent, true, resource::ideamine.resource, rule.percent / 100.0, 'P1', '{P3,P2}', rule.together
FROM pg_catalog.unnest('{cpu,memory,gpu}'::text[]) AS resource,
  (VALUES (80, false), (85, true)) AS rule (percent, together);

CREATE TABLE ideamine.held_room (
  job_id     uuid NOT NULL,
  run_id     uuid,
  tenant_id  text COLLATE "C" NOT NULL,
  needs      jsonb NOT NULL,
  policy     text NOT NULL,
  since      timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (job_id, tenant_id)
);
CREATE INDEX held_room_by_age ON ideamine.held_room (since, tenant_id, job_id);
COMMENT ON INDEX ideamine.held_room_by_age IS 'What was taken later than that of a job, which keeps it waiting for nobody';
COMMENT ON TABLE ideamine.held_room IS
  'Room that others gave up and that is held for a waiting job until a worker acquires it; it counts as if the job were running';
COMMENT ON COLUMN ideamine.held_room.job_id IS 'The job for which it is held';
COMMENT ON COLUMN ideamine.held_room.run_id IS 'Its run, if any, which counts as running';
COMMENT ON COLUMN ideamine.held_room.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.held_room.needs IS 'How much of cpu (cores), memory (GB) and gpu, of the tenant''s quotas and of the platform';
COMMENT ON COLUMN ideamine.held_room.policy IS 'Policy by which others gave way; empty: they did so for somebody else, and it was enough for both';
COMMENT ON COLUMN ideamine.held_room.since IS 'Since when it is held';
COMMENT ON COLUMN ideamine.held_room.expires_at IS 'When it is given back if nobody has acquired the job';

SELECT pg_catalog.pg_extension_config_dump('ideamine.preemption_policies', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('ideamine.held_room', '');
GRANT SELECT ON ideamine.preemption_policies, ideamine.held_room TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
