-- jobs: the queue, its graph, its history.

CREATE TYPE ideamine.job_status AS ENUM
  ('blocked', 'pending', 'running', 'completed', 'failed', 'cancelled', 'preempted', 'paused');
COMMENT ON TYPE ideamine.job_status IS
'blocked: waits for other jobs; pending: runnable once run_at is due; running: a worker holds its lease;
completed, failed (retries used up), cancelled: ended; preempted: gave way and will resume; paused: its run
or queue is paused.';

CREATE TYPE ideamine.priority_class AS ENUM ('P0', 'P1', 'P2', 'P3');
COMMENT ON TYPE ideamine.priority_class IS
'P0: critical, never preempted; P1: users wait for it; P2: normal, the default; P3: background';

CREATE TYPE ideamine.attempt_outcome AS ENUM
  ('completed', 'failed', 'lost', 'timed_out', 'released', 'cancelled', 'preempted');
COMMENT ON TYPE ideamine.attempt_outcome IS
'completed: with a result; failed: the worker said so; lost: the worker fell silent; timed_out: it ran past
the deadline; released: handed back unharmed; cancelled: the job was cancelled meanwhile; preempted: it gave way.';

CREATE TYPE ideamine.failure_policy AS ENUM ('cancel', 'run', 'blocked');
COMMENT ON TYPE ideamine.failure_policy IS
'What becomes of a job when one that it waits for fails or is cancelled. cancel: it is cancelled too; run: it
runs all the same, with the failure in its context; blocked: it stays blocked.';

CREATE TYPE ideamine.job_wait AS ENUM ('time', 'jobs', 'key', 'queue', 'room', 'opening');
COMMENT ON TYPE ideamine.job_wait IS
'What a job waits for before a worker may have it. time: its run_at; jobs: others that it depends on, or votes; key: room
for its concurrency key; queue: its paused queue; room: to be resumed after it was preempted; opening: for its class to be
open again in its run, its project and its tenant, see ideamine.closings.';

-- No foreign key to tenants: each insert would lock the tenant's row, and concurrent callers of one tenant
-- would build multixacts on it. create_job() and create_jobs() look the tenant up instead. What is never NULL and of
-- fixed length stands first: its place in a row is known without walking along it.
-- No index knows the status, the worker or the lease: acquiring and completing a job change nothing that is indexed, and
-- pages keep room for both, so that new row versions stay on their page (HOT) and no index grows. That is room for three
-- versions of each row: none is pruned as long as anybody's snapshot may see it. What may be handed out, and what is
-- running, is found in shared memory instead; what else waits has columns that say so, which stay the same while a job
-- runs through.
CREATE TABLE ideamine.jobs (
  job_id                uuid NOT NULL,
  run_at                timestamptz NOT NULL,
  created_at            timestamptz NOT NULL,
  epoch                 bigint NOT NULL,
  status                ideamine.job_status NOT NULL,
  priority_class        ideamine.priority_class NOT NULL,
  attempt               integer NOT NULL,
  open_dependencies     integer NOT NULL CONSTRAINT jobs_open_dependencies_counted CHECK (open_dependencies >= 0),
  dependents            integer NOT NULL,
  tenant_id             text COLLATE "C" NOT NULL,
  required_capabilities text[] COLLATE "C" NOT NULL,
  job_type              text COLLATE "C" NOT NULL,
  queue                 text COLLATE "C" NOT NULL,
  payload               jsonb NOT NULL,
  ready_at              timestamptz,
  worker_id             uuid,
  started_at            timestamptz,
  finished_at           timestamptz,
  lease                 interval,
  timeout               interval,
  max_retries           integer,
  retry_base            interval,
  retry_factor          double precision,
  retry_cap             interval,
  run_id                uuid,
  project_id            text COLLATE "C",
  phase                 text COLLATE "C",
  checkpoint            jsonb,
  result                jsonb,
  last_error            text,
  cancel_reason         text,
  concurrency_key       text COLLATE "C",
  concurrency_limit     integer CONSTRAINT jobs_concurrency_limit_positive CHECK (concurrency_limit > 0),
  context               jsonb,
  quorum                integer CONSTRAINT jobs_quorum_positive CHECK (quorum > 0),
  quorum_of             uuid,
  needs                 jsonb,
  closed                boolean,
  waits_for             ideamine.job_wait GENERATED ALWAYS AS (CASE
                          WHEN status = 'pending' AND ready_at IS NULL THEN 'time'::ideamine.job_wait
                          WHEN status = 'blocked' AND ready_at IS NULL THEN 'jobs'
                          WHEN status = 'blocked' THEN 'key'
                          WHEN closed AND status IN ('paused', 'preempted') THEN 'opening'
                          WHEN status = 'paused' THEN 'queue'
                          WHEN status = 'preempted' THEN 'room' END) STORED,
  held_key              text COLLATE "C" GENERATED ALWAYS AS (CASE WHEN status = 'running' THEN concurrency_key END) STORED,
  preemptions           integer NOT NULL DEFAULT 0,
  preempted_at          timestamptz,
  resumed_at            timestamptz,
  preemption_reason     text,
  stop_by               timestamptz,
  checkpoint_at         timestamptz,
  class_fixed           boolean,
  inherited_class       ideamine.priority_class,
  PRIMARY KEY (job_id, tenant_id)
) WITH (fillfactor = 25);
COMMENT ON TABLE ideamine.jobs IS 'Jobs from their creation until some time after their ends, when they are moved to ideamine.job_history; the view v_jobs has both';
COMMENT ON COLUMN ideamine.jobs.job_id IS 'UUID version 7, made by the extension: ids sort by the time of creation';
COMMENT ON COLUMN ideamine.jobs.run_at IS 'Not to be run before this time; moved on by a retry that has to wait';
COMMENT ON COLUMN ideamine.jobs.created_at IS 'When it was created';
COMMENT ON COLUMN ideamine.jobs.epoch IS 'Number of its latest lease: grows with each claim and never repeats; 0 before the first';
COMMENT ON COLUMN ideamine.jobs.status IS 'See type ideamine.job_status';
COMMENT ON COLUMN ideamine.jobs.priority_class IS 'See type ideamine.priority_class';
COMMENT ON COLUMN ideamine.jobs.attempt IS 'How many attempts were begun; one that was handed back unharmed is not counted';
COMMENT ON COLUMN ideamine.jobs.open_dependencies IS 'How many of the jobs that it waits for have not been completed';
COMMENT ON COLUMN ideamine.jobs.dependents IS 'How many jobs were made to wait for this one';
COMMENT ON COLUMN ideamine.jobs.tenant_id IS 'The tenant that it belongs to';
COMMENT ON COLUMN ideamine.jobs.required_capabilities IS 'What a worker must be able to do to get it, sorted';
COMMENT ON COLUMN ideamine.jobs.job_type IS 'What the worker is to do';
COMMENT ON COLUMN ideamine.jobs.queue IS 'Queue of the tenant that it stands in';
COMMENT ON COLUMN ideamine.jobs.payload IS 'What the worker gets';
COMMENT ON COLUMN ideamine.jobs.ready_at IS 'Since when a pending job may be acquired; NULL while it is blocked or scheduled for later';
COMMENT ON COLUMN ideamine.jobs.worker_id IS 'The worker that holds its lease, or held the latest one';
COMMENT ON COLUMN ideamine.jobs.started_at IS 'When the latest attempt was acquired';
COMMENT ON COLUMN ideamine.jobs.finished_at IS 'When it was completed, failed or cancelled';
COMMENT ON COLUMN ideamine.jobs.lease IS 'Length of its latest lease, which each heartbeat of the worker renews';
COMMENT ON COLUMN ideamine.jobs.timeout IS 'Hard limit of one attempt, heartbeats or not; NULL: none';
COMMENT ON COLUMN ideamine.jobs.max_retries IS 'How often it is tried again; NULL: ideamine.max_retries';
COMMENT ON COLUMN ideamine.jobs.retry_base IS 'Delay before its first retry; NULL: ideamine.retry_base';
COMMENT ON COLUMN ideamine.jobs.retry_factor IS 'By what the delay grows with each retry; NULL: ideamine.retry_factor';
COMMENT ON COLUMN ideamine.jobs.retry_cap IS 'Longest delay before a retry; NULL: ideamine.retry_cap';
COMMENT ON COLUMN ideamine.jobs.run_id IS 'The run that it belongs to, if any';
COMMENT ON COLUMN ideamine.jobs.project_id IS 'The project that it belongs to, if any';
COMMENT ON COLUMN ideamine.jobs.phase IS 'The phase of its run, if any';
COMMENT ON COLUMN ideamine.jobs.checkpoint IS 'Where the next attempt may go on, left by save_checkpoint(), release_job() or preempt_job()';
COMMENT ON COLUMN ideamine.jobs.result IS 'What the attempt that completed it returned';
COMMENT ON COLUMN ideamine.jobs.last_error IS 'Error of the latest attempt that did not succeed';
COMMENT ON COLUMN ideamine.jobs.cancel_reason IS 'Why it was cancelled';
COMMENT ON COLUMN ideamine.jobs.concurrency_key IS 'Of the jobs of its tenant with this key at most concurrency_limit run at a time; NULL: no such limit';
COMMENT ON COLUMN ideamine.jobs.concurrency_limit IS 'How many jobs with its key may be running for it to be acquired as well, itself included';
COMMENT ON COLUMN ideamine.jobs.context IS 'What it should know of the jobs that it waited for: in failed an array of those that did not succeed (job_id, job_type, status, error)';
COMMENT ON COLUMN ideamine.jobs.quorum IS 'How many of its votes must agree for it to be completed; NULL for a job that a worker runs itself';
COMMENT ON COLUMN ideamine.jobs.quorum_of IS 'The job for which this one is a vote: it goes to a worker that has no other vote for that job';
COMMENT ON COLUMN ideamine.jobs.needs IS 'What it holds of its tenant''s quotas while it runs: cpu (cores), memory (GB) and gpu; NULL: nothing but its run';
COMMENT ON COLUMN ideamine.jobs.waits_for IS 'See type ideamine.job_wait; NULL: for a worker at most';
COMMENT ON COLUMN ideamine.jobs.held_key IS 'Its concurrency key while it is running';
COMMENT ON COLUMN ideamine.jobs.preemptions IS 'How often it gave way to others, budgets apart';
COMMENT ON COLUMN ideamine.jobs.preempted_at IS 'When it last gave way';
COMMENT ON COLUMN ideamine.jobs.resumed_at IS 'When it was last resumed after that';
COMMENT ON COLUMN ideamine.jobs.preemption_reason IS 'Why it last gave way, or is to';
COMMENT ON COLUMN ideamine.jobs.stop_by IS 'Its worker was asked to stop: when the lease ends all the same; NULL: it was not';
COMMENT ON COLUMN ideamine.jobs.checkpoint_at IS 'When its checkpoint was saved';
COMMENT ON COLUMN ideamine.jobs.class_fixed IS 'True: only an administrator may assign it another class';
COMMENT ON COLUMN ideamine.jobs.closed IS 'True: it was paused or preempted because its class is closed, see ideamine.closings';
COMMENT ON COLUMN ideamine.jobs.inherited_class IS 'The highest class of the jobs that wait for it, directly or through others, where it is above its own; NULL: none is';

CREATE INDEX jobs_scheduled ON ideamine.jobs (run_at)
  WHERE waits_for = 'time';
COMMENT ON INDEX ideamine.jobs_scheduled IS 'Jobs that wait for their time, in the order in which they come due';

CREATE INDEX jobs_holding_key ON ideamine.jobs (tenant_id, held_key)
  WHERE held_key IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_holding_key IS 'Running jobs by concurrency key';

CREATE INDEX jobs_behind_key ON ideamine.jobs
  (tenant_id, concurrency_key, least(priority_class, inherited_class), ready_at, job_id)
  WHERE waits_for = 'key';
COMMENT ON INDEX ideamine.jobs_behind_key IS 'Jobs that were ready but met no room for their concurrency key, in the order in which they come back';

CREATE INDEX jobs_paused ON ideamine.jobs (tenant_id, queue)
  WHERE waits_for = 'queue';
COMMENT ON INDEX ideamine.jobs_paused IS 'Jobs of paused queues, for resuming a queue';

CREATE INDEX jobs_preempted ON ideamine.jobs (tenant_id, preempted_at)
  WHERE waits_for = 'room';
COMMENT ON INDEX ideamine.jobs_preempted IS 'Preempted jobs, for resuming them';

CREATE INDEX jobs_closed ON ideamine.jobs (tenant_id, run_id, project_id, priority_class)
  WHERE waits_for = 'opening';
COMMENT ON INDEX ideamine.jobs_closed IS 'Jobs whose classes are closed, for bringing them back';

CREATE INDEX jobs_of_run ON ideamine.jobs (tenant_id, run_id)
  WHERE run_id IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_of_run IS 'Jobs of a run';

CREATE INDEX jobs_asked_to_stop ON ideamine.jobs (stop_by)
  WHERE stop_by IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_asked_to_stop IS 'Running jobs whose workers were asked to stop, by the ends of their grace';

CREATE INDEX jobs_votes ON ideamine.jobs (quorum_of, tenant_id)
  WHERE quorum_of IS NOT NULL;
COMMENT ON INDEX ideamine.jobs_votes IS 'The votes for a job';

-- No foreign keys: what a job waits for may be moved to history before it. create_job() and create_jobs() lock it while
-- they add an edge; an edge goes when the job goes that waits.
CREATE TABLE ideamine.job_dependencies (
  job_id     uuid NOT NULL,
  depends_on uuid NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  on_failure ideamine.failure_policy NOT NULL DEFAULT 'cancel',
  PRIMARY KEY (job_id, depends_on, tenant_id)
);
COMMENT ON TABLE ideamine.job_dependencies IS 'Edges of the graph of jobs: each job with each job that it waits for';
COMMENT ON COLUMN ideamine.job_dependencies.job_id IS 'The job that waits';
COMMENT ON COLUMN ideamine.job_dependencies.depends_on IS 'The job that it waits for';
COMMENT ON COLUMN ideamine.job_dependencies.tenant_id IS 'Tenant of both';
COMMENT ON COLUMN ideamine.job_dependencies.on_failure IS 'See type ideamine.failure_policy';

CREATE INDEX job_dependencies_depends_on ON ideamine.job_dependencies (depends_on, tenant_id);
COMMENT ON INDEX ideamine.job_dependencies_depends_on IS 'The dependents of a job';

-- Appended when an attempt ends without completing its job: what is running, and what completed a job, stands
-- in the job's own row and need not be written twice. No foreign key: an append to history should not lock the
-- row that every other caller is waiting for, and retention removes it together with its job.
CREATE TABLE ideamine.ended_attempts (
  job_id     uuid NOT NULL,
  epoch      bigint NOT NULL,
  worker_id  uuid,
  started_at timestamptz NOT NULL,
  ended_at   timestamptz NOT NULL,
  attempt    integer NOT NULL,
  outcome    ideamine.attempt_outcome NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  error      text,
  PRIMARY KEY (job_id, epoch, tenant_id)
);
COMMENT ON TABLE ideamine.ended_attempts IS 'Attempts that ended without completing their job; the view job_executions shows all';
COMMENT ON COLUMN ideamine.ended_attempts.job_id IS 'The job';
COMMENT ON COLUMN ideamine.ended_attempts.epoch IS 'The lease';
COMMENT ON COLUMN ideamine.ended_attempts.worker_id IS 'The worker that held it';
COMMENT ON COLUMN ideamine.ended_attempts.started_at IS 'When it was acquired';
COMMENT ON COLUMN ideamine.ended_attempts.ended_at IS 'When it ended';
COMMENT ON COLUMN ideamine.ended_attempts.attempt IS 'Which attempt it was, from 1; one that was handed back shares its number with the next';
COMMENT ON COLUMN ideamine.ended_attempts.outcome IS 'See type ideamine.attempt_outcome';
COMMENT ON COLUMN ideamine.ended_attempts.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine.ended_attempts.error IS 'What went wrong, if anything';

CREATE TABLE ideamine.dead_letter_queue (
  job_id                uuid NOT NULL,
  died_at               timestamptz NOT NULL,
  priority_class        ideamine.priority_class NOT NULL,
  attempt               integer NOT NULL,
  tenant_id             text COLLATE "C" NOT NULL,
  job_type              text COLLATE "C" NOT NULL,
  queue                 text COLLATE "C" NOT NULL,
  payload               jsonb NOT NULL,
  last_error            text,
  attempts              jsonb NOT NULL,
  PRIMARY KEY (job_id, tenant_id)
);
COMMENT ON TABLE ideamine.dead_letter_queue IS 'Jobs that ran out of retries, kept for ideamine.dead_letter_retention';
COMMENT ON COLUMN ideamine.dead_letter_queue.job_id IS 'The job';
COMMENT ON COLUMN ideamine.dead_letter_queue.died_at IS 'When its last attempt ended';
COMMENT ON COLUMN ideamine.dead_letter_queue.priority_class IS 'Its class when it died';
COMMENT ON COLUMN ideamine.dead_letter_queue.attempt IS 'How many attempts it had';
COMMENT ON COLUMN ideamine.dead_letter_queue.tenant_id IS 'The tenant that it belongs to';
COMMENT ON COLUMN ideamine.dead_letter_queue.job_type IS 'What the worker was to do';
COMMENT ON COLUMN ideamine.dead_letter_queue.queue IS 'Queue of the tenant that it stood in';
COMMENT ON COLUMN ideamine.dead_letter_queue.payload IS 'What the workers got';
COMMENT ON COLUMN ideamine.dead_letter_queue.last_error IS 'Error of its last attempt';
COMMENT ON COLUMN ideamine.dead_letter_queue.attempts IS 'All its attempts, oldest first: epoch, attempt, worker_id, started_at, ended_at, outcome, error';

CREATE INDEX dead_letter_queue_died ON ideamine.dead_letter_queue (died_at);
COMMENT ON INDEX ideamine.dead_letter_queue_died IS 'Dead letters by age, for retention';

-- What a worker has to be told about leases that ended without it; its next heartbeat takes it away.
CREATE TABLE ideamine_internal.stop_notices (
  worker_id uuid NOT NULL,
  tenant_id text COLLATE "C" NOT NULL,
  job_id    uuid NOT NULL,
  epoch     bigint NOT NULL,
  reason    text NOT NULL,
  made_at   timestamptz NOT NULL,
  PRIMARY KEY (worker_id, job_id, epoch, tenant_id)
);
COMMENT ON TABLE ideamine_internal.stop_notices IS 'Leases that ended while their worker ran them, until its next heartbeat tells it';
COMMENT ON COLUMN ideamine_internal.stop_notices.worker_id IS 'The worker to be told';
COMMENT ON COLUMN ideamine_internal.stop_notices.tenant_id IS 'Tenant of the job';
COMMENT ON COLUMN ideamine_internal.stop_notices.job_id IS 'The job that it is to stop';
COMMENT ON COLUMN ideamine_internal.stop_notices.epoch IS 'The lease that ended';
COMMENT ON COLUMN ideamine_internal.stop_notices.reason IS 'cancelled, preempted, lease lost or deadline';
COMMENT ON COLUMN ideamine_internal.stop_notices.made_at IS 'When the lease ended';

-- Upper half of every epoch. One row, made at the first claim; see next_epoch() in src/jobs/lease.hpp.
CREATE TABLE ideamine_internal.incarnation (
  singleton   boolean NOT NULL PRIMARY KEY CONSTRAINT incarnation_singleton CHECK (singleton),
  incarnation integer NOT NULL,
  raised_at   timestamptz NOT NULL,
  origin      text COLLATE "C" NOT NULL DEFAULT ''
);
COMMENT ON TABLE ideamine_internal.incarnation IS 'Grows when this database begins to hand out leases: after each start, and by more after a promotion or a restore';
COMMENT ON COLUMN ideamine_internal.incarnation.singleton IS 'Always true: there is one row';
COMMENT ON COLUMN ideamine_internal.incarnation.incarnation IS 'Upper 32 bits of the epochs handed out now';
COMMENT ON COLUMN ideamine_internal.incarnation.raised_at IS 'When the first lease after the latest start was handed out';
COMMENT ON COLUMN ideamine_internal.incarnation.origin IS 'Server, timeline and database that raised it: another one may not know of all that were handed out';

SELECT pg_catalog.pg_extension_config_dump('ideamine.jobs', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.job_dependencies', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.ended_attempts', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine.dead_letter_queue', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.stop_notices', '');
SELECT pg_catalog.pg_extension_config_dump('ideamine_internal.incarnation', '');

GRANT SELECT ON ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue
  TO ideamine_reader, ideamine_app, ideamine_worker, ideamine_admin;
GRANT SELECT ON ideamine_internal.stop_notices, ideamine_internal.incarnation TO ideamine_admin;
