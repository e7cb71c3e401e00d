-- Tenants: making them, default-tenant, and the tenant that NULL stands for.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.workers, ideamine.jobs, ideamine.job_dependencies,
  ideamine.ended_attempts, ideamine.dead_letter_queue, ideamine.paused_queues, ideamine_internal.stop_notices;

\getenv tests PG_ABS_SRCDIR
\i :tests/sql/include/refused.sql

-- True if it was made; name and tier have defaults.
SELECT ideamine.create_tenant('acme');
SELECT ideamine.create_tenant('globex', 'Globex Corporation', 'enterprise', '{"region": "eu"}');
SELECT tenant_id, name, tier, metadata, created_at BETWEEN now() - interval '1 minute' AND clock_timestamp() AS made_now
FROM ideamine.tenants ORDER BY tenant_id;

-- False if it was there already: it is left as it is.
SELECT ideamine.create_tenant('acme', 'Another name', 'free', '{"changed": true}');
SELECT name, tier, metadata FROM ideamine.tenants WHERE tenant_id = 'acme';

-- NULL means the default of each argument but the id.
SELECT ideamine.create_tenant('initech', NULL, NULL, NULL);
SELECT name, tier, metadata FROM ideamine.tenants WHERE tenant_id = 'initech';

-- An id has 1 to 200 bytes.
SELECT ideamine.create_tenant(repeat('é', 100)), ideamine.create_tenant('x'), ideamine.create_tenant('a "b" / c');
CALL pg_temp.refused('SELECT ideamine.create_tenant(NULL)');
CALL pg_temp.refused($$SELECT ideamine.create_tenant('')$$);
CALL pg_temp.refused($$SELECT ideamine.create_tenant(repeat('é', 100) || 'x')$$);

-- It has no control characters, not those of Unicode's second block either.
CALL pg_temp.refused($$SELECT ideamine.create_tenant(E'a\nb')$$);
CALL pg_temp.refused($$SELECT ideamine.create_tenant(E'ab\u007f')$$);
CALL pg_temp.refused($$SELECT ideamine.create_tenant(E'a\u0085')$$);

CALL pg_temp.refused($$SELECT ideamine.create_tenant('umbrella', tier => 'platinum')$$);
CALL pg_temp.refused($$SELECT ideamine.create_tenant('umbrella', metadata => '["a list"]')$$);
CALL pg_temp.refused($$SELECT ideamine.create_tenant('umbrella', metadata => '1')$$);
SELECT count(*) AS refused_ones FROM ideamine.tenants WHERE tenant_id = 'umbrella';

-- NULL means the setting ideamine.tenant_id, whose default is default-tenant. What only reads does not make it.
SHOW ideamine.tenant_id;
CALL pg_temp.refused('SELECT * FROM ideamine.get_runnable_jobs()');
SELECT count(*) AS default_tenants FROM ideamine.tenants WHERE tenant_id = 'default-tenant';

-- The first call that needs it makes it, whichever way it is named.
SELECT created FROM ideamine.create_job(NULL, 'first use');
SELECT tenant_id, name, tier, metadata FROM ideamine.tenants WHERE tenant_id = 'default-tenant';
SELECT created FROM ideamine.create_job('default-tenant', 'second use');
SELECT tenant_id, job_type FROM ideamine.jobs ORDER BY job_id;
SELECT ideamine.create_tenant('default-tenant');

-- No other tenant is made on first use.
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job('nobody', 'x')$$);
CALL pg_temp.refused($$SELECT * FROM ideamine.create_jobs('nobody', '[{"job_type": "x"}]')$$);

-- The setting may be one transaction's, and takes any tenant.
BEGIN;
SELECT set_config('ideamine.tenant_id', 'acme', true);
SELECT created FROM ideamine.create_job(NULL, 'by setting');
SELECT job_type FROM ideamine.get_runnable_jobs();
COMMIT;
SHOW ideamine.tenant_id;
SELECT tenant_id FROM ideamine.jobs WHERE job_type = 'by setting';

-- It is checked when it is used.
SET ideamine.tenant_id = 'nobody';
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job(NULL, 'x')$$);
SET ideamine.tenant_id = '';
CALL pg_temp.refused($$SELECT * FROM ideamine.create_job(NULL, 'x')$$);
RESET ideamine.tenant_id;

-- A tenant made in a transaction that rolled back is not there.
BEGIN;
SELECT ideamine.create_tenant('ghost');
ROLLBACK;
SELECT count(*) AS ghosts FROM ideamine.tenants WHERE tenant_id = 'ghost';
