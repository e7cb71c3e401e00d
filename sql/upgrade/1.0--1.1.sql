-- What version 1.1 adds to the tables of version 1.0.

CREATE TYPE ideamine.failure_policy AS ENUM ('cancel', 'run', 'blocked');
COMMENT ON TYPE ideamine.failure_policy IS
'What becomes of a job when one that it waits for fails or is cancelled. cancel: it is cancelled too; run: it
runs all the same, with the failure in its context; blocked: it stays blocked.';

ALTER TABLE ideamine.jobs
  ADD COLUMN concurrency_key text COLLATE "C",
  ADD COLUMN concurrency_limit integer CONSTRAINT jobs_concurrency_limit_positive CHECK (concurrency_limit > 0),
  ADD COLUMN context jsonb,
  ADD COLUMN quorum integer CONSTRAINT jobs_quorum_positive CHECK (quorum > 0),
  ADD COLUMN quorum_of uuid;
ALTER TABLE ideamine.job_dependencies
  ADD COLUMN on_failure ideamine.failure_policy NOT NULL DEFAULT 'cancel';
ALTER TABLE ideamine.workers
  ADD COLUMN deviations integer NOT NULL DEFAULT 0,
  ADD COLUMN replaced_by uuid;
-- The class cntrl has bytes that are letters in some encodings.
ALTER TABLE ideamine.tenants
  DROP CONSTRAINT tenants_id_valid,
  ADD CONSTRAINT tenants_id_valid CHECK (octet_length(tenant_id) BETWEEN 1 AND 200
                                         AND tenant_id !~ '[\x01-\x1f\x7f]');
ALTER TABLE ideamine_internal.incarnation
  ADD COLUMN origin text COLLATE "C" NOT NULL DEFAULT '';
COMMENT ON COLUMN ideamine.jobs.concurrency_key IS 'Of the jobs of its tenant with this key at most concurrency_limit run at a time; NULL: no such limit';
COMMENT ON COLUMN ideamine.jobs.concurrency_limit IS 'How many jobs with its key may be running for it to be acquired as well, itself included';
COMMENT ON COLUMN ideamine.jobs.context IS 'What it should know of the jobs that it waited for: in failed an array of those that did not succeed (job_id, job_type, status, error)';
COMMENT ON COLUMN ideamine.jobs.quorum IS 'How many of its votes must agree for it to be completed; NULL for a job that a worker runs itself';
COMMENT ON COLUMN ideamine.jobs.quorum_of IS 'The job for which this one is a vote: it goes to a worker that has no other vote for that job';
COMMENT ON COLUMN ideamine.job_dependencies.on_failure IS 'See type ideamine.failure_policy';
COMMENT ON COLUMN ideamine.workers.deviations IS 'How many of its votes on quorum jobs in a row were outvoted';
COMMENT ON COLUMN ideamine.workers.replaced_by IS 'Its successor, if it failed and was replaced';
COMMENT ON COLUMN ideamine_internal.incarnation.origin IS 'Server, timeline and database that raised it: another one may not know of all that were handed out';
COMMENT ON TABLE ideamine_internal.incarnation IS 'Grows when this database begins to hand out leases: after each start, and by more after a promotion or a restore';

CREATE INDEX jobs_holding_key ON ideamine.jobs (tenant_id, concurrency_key)
  WHERE status = 'running' AND concurrency_key IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_holding_key IS 'Running jobs by concurrency key';

CREATE INDEX jobs_behind_key ON ideamine.jobs (tenant_id, concurrency_key, priority_class, ready_at, job_id)
  WHERE status = 'blocked' AND ready_at IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_behind_key IS 'Jobs that were ready but met no room for their concurrency key, in the order in which they come back';

CREATE INDEX jobs_aside ON ideamine.jobs (tenant_id, status, queue)
  WHERE status IN ('blocked', 'paused');
COMMENT ON INDEX ideamine.jobs_aside IS 'Jobs that have to be brought back before they may be acquired, for counting them and for resuming a queue';

CREATE INDEX jobs_votes ON ideamine.jobs (quorum_of, tenant_id)
  WHERE quorum_of IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_votes IS 'The votes for a job';

-- It returns more, so that it cannot be replaced.
DROP FUNCTION ideamine.acquire_jobs(uuid, integer, interval);
