# A database with an older version of the extension is served by this library, and its update gives the same catalogue
# as a fresh installation, with all rows where they were. Version 1.0 is worked with thoroughly, 1.1 where it differs.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('node');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'ideamine'\nideamine.databases = 'old'\nideamine.sweep_interval = '200ms'\n");
$node->start;
$node->safe_psql('postgres', "CREATE DATABASE $_") for ('old', 'newer', 'fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION ideamine');
$node->safe_psql('old', "CREATE EXTENSION ideamine VERSION '1.0'");
$node->safe_psql('newer', "CREATE EXTENSION ideamine VERSION '1.1'");
my ($latest) = slurp_file('ideamine.control') =~ /^default_version = '(.*)'/m;

sub old { return $node->safe_psql('old', @_); }

# One session lives through the update: its plans are made for the old catalogue first.
my $session = $node->background_psql('old', on_error_stop => 0);

# ---- the old catalogue -------------------------------------------------------------------------

my $worker = old(q{SELECT ideamine.register_worker('old')});
old(q{SELECT ideamine.create_tenant('acme', 'Acme')});
old(q{SELECT ideamine.create_jobs('acme', '[
	{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b", "depends_on": ["a"]},
	{"key": "c", "job_type": "c", "max_retries": 0}, {"key": "d", "job_type": "d", "depends_on": ["c"]},
	{"key": "e", "job_type": "e"}, {"key": "f", "job_type": "f"}, {"key": "g", "job_type": "g"}]')});
is($session->query(qq{SELECT string_agg(job_type, ' ') FROM ideamine.acquire_jobs('$worker', 5)}),
	'a c e f g', 'version 1.0: jobs are handed out');

sub lease { my $type = shift; return old("SELECT quote_literal(job_id) || ', ' || epoch FROM ideamine.jobs WHERE job_type = '$type'"); }
is($session->query(sprintf(q{SELECT ideamine.complete_job('acme', %s, '{"n": 1}')}, lease('a'))), '1',
	'version 1.0: a completion unblocks');
is($session->query(sprintf(q{SELECT status FROM ideamine.fail_job('acme', %s, 'no good')}, lease('c'))), 'failed',
	'version 1.0: a failure is final');
is(old(q{SELECT status || ': ' || cancel_reason FROM ideamine.jobs WHERE job_type = 'd'}),
	'cancelled: a job that it depends on failed', 'version 1.0: and cancels what waits for it');
$session->query(sprintf(q{SELECT ideamine.release_job('acme', %s)}, lease('e')));
is(old(q{SELECT status FROM ideamine.jobs WHERE job_type = 'e'}), 'pending', 'version 1.0: a job is handed back');
is(old(sprintf(q{SELECT cancelled FROM ideamine.cancel_job('acme', %s, 'enough')}, lease('f') =~ s/,.*//r)), '1',
	'version 1.0: a job is cancelled');
is($session->query(qq{SELECT reason FROM ideamine.heartbeat('$worker')}), 'cancelled', 'version 1.0: its worker is told');
# its sweeps ask the rows of workers, and not what is noted in memory
$session->query(qq{UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '9 seconds' WHERE worker_id = '$worker'});
$session->query(qq{SELECT ideamine.heartbeat('$worker')});
is($session->query(qq{SELECT last_heartbeat_at > now() - interval '8 seconds' FROM ideamine.workers WHERE worker_id = '$worker'}), 't',
	'version 1.0: a heartbeat is written');
is(old(q{SELECT count(*) FROM ideamine.get_runnable_jobs('acme')}), '2', 'version 1.0: runnable jobs are listed');
old(q{SELECT ideamine.create_job('acme', 'soon', run_at => clock_timestamp() + interval '300 ms')});
ok($node->poll_query_until('old', q{SELECT ready_at IS NOT NULL FROM ideamine.jobs WHERE job_type = 'soon'}),
	'version 1.0: the background worker does its duties');

my ($status, undef, $error) = $node->psql('old',
	q{SELECT ideamine.create_job('acme', 'new', options => '{"concurrency_key": "k"}')});
isnt($status, 0, 'version 1.0: what only version 1.1 can do is refused');
like($error, qr/this option of a job needs version 1\.1 of the extension.*ALTER EXTENSION ideamine UPDATE/s,
	'and the error says what to do');

# ---- the update --------------------------------------------------------------------------------

my %rows = map { $_ => old("SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM (SELECT $_) t") } (
	'job_id, tenant_id, status, epoch, attempt, payload, result, run_at, ready_at FROM ideamine.jobs',
	'job_id, depends_on, tenant_id FROM ideamine.job_dependencies',
	'* FROM ideamine.ended_attempts', '* FROM ideamine.dead_letter_queue', 'tenant_id, name, tier, metadata, created_at FROM ideamine.tenants');

old('ALTER EXTENSION ideamine UPDATE');
is(old(q{SELECT extversion FROM pg_extension WHERE extname = 'ideamine'}), $latest, 'the update gives the latest version');
is(old("SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM (SELECT $_) t"), $rows{$_},
	'every row is where it was: ' . s/.* FROM //r)
  for sort keys %rows;

# Each object of the extension with all that defines it, as text.
my $catalogue = q{
	WITH member AS (
		SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'ideamine'),
	relation AS (SELECT c.* FROM pg_class c JOIN member m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid)
	SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") FROM (
		SELECT concat_ws(' | ', i.type, i.identity, obj_description(m.objid, m.classid::regclass::name)) AS line
		FROM member m, pg_identify_object(m.classid, m.objid, 0) i
		UNION ALL
		SELECT concat_ws(' | ', 'relation', r.oid::regclass, r.relkind, r.reloptions::text, r.relrowsecurity, r.relforcerowsecurity,
			(SELECT string_agg(acl::text, ' ' ORDER BY acl::text) FROM unnest(r.relacl) acl),
			CASE r.relkind WHEN 'v' THEN pg_get_viewdef(r.oid) END)
		FROM relation r
		UNION ALL
		SELECT concat_ws(' | ', 'column', a.attrelid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
			a.attnotnull, a.attcollation::regcollation, pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum))
		FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT concat_ws(' | ', 'index', pg_get_indexdef(x.indexrelid), obj_description(x.indexrelid, 'pg_class'))
		FROM pg_index x JOIN relation r ON r.oid = x.indrelid
		UNION ALL
		SELECT concat_ws(' | ', 'constraint', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
		FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid
		UNION ALL
		SELECT concat_ws(' | ', 'policy', p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive, p.polroles::text,
			pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy'))
		FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
		UNION ALL
		SELECT concat_ws(' | ', 'trigger', t.tgrelid::regclass, pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger'))
		FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
		UNION ALL
		SELECT concat_ws(' | ', 'function', p.oid::regprocedure, pg_get_functiondef(p.oid),
			(SELECT string_agg(acl::text, ' ' ORDER BY acl::text) FROM unnest(p.proacl) acl))
		FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
		UNION ALL
		SELECT concat_ws(' | ', 'label', l.enumtypid::regtype, row_number() OVER (PARTITION BY l.enumtypid ORDER BY l.enumsortorder), l.enumlabel)
		FROM pg_enum l JOIN member m ON m.classid = 'pg_type'::regclass AND m.objid = l.enumtypid
		UNION ALL
		SELECT concat_ws(' | ', 'dumped', c.oid::regclass, e.extcondition[c.n])
		FROM pg_extension e, unnest(e.extconfig) WITH ORDINALITY AS c (oid, n) WHERE e.extname = 'ideamine') AS lines};
my @fresh = split /\n/, $node->safe_psql('fresh', $catalogue);
cmp_ok(scalar(@fresh), '>', 300, 'the catalogue is described in many lines');
is_deeply([split /\n/, old($catalogue)], \@fresh, 'the updated catalogue is that of a fresh installation');

# ---- afterwards --------------------------------------------------------------------------------

is($session->query(qq{SELECT string_agg(job_type, ' ' ORDER BY job_type) FROM ideamine.acquire_jobs('$worker', 5)}),
	'b e soon', 'the session that lived through it goes on');
is($session->query(sprintf(q{SELECT ideamine.complete_job('acme', %s)}, lease('g'))), '0',
	'with a lease from before the update, too');
is($session->query(q{SELECT created FROM ideamine.create_job('acme', 'new', options => '{"concurrency_key": "k"}')}), 't',
	'and with what is new');
is(old(q{SELECT string_agg(outcome::text, ' ' ORDER BY outcome) FROM ideamine.job_executions}),
	'completed completed failed released cancelled', 'the history is whole');
# what it found not to be there, it notices once it is
old(q{CREATE ROLE bound_login IN ROLE ideamine_reader; SELECT ideamine.bind_login('bound_login', 'acme')});
is($session->query(q{SELECT string_agg(tenant_id, ' ') FROM unnest('{acme,default-tenant}'::text[]) AS tenant_id
	WHERE ideamine.sees_tenant(tenant_id)}), 'acme default-tenant', 'a session that is not bound sees all tenants');
is($session->query(q{SET ROLE bound_login; SELECT string_agg(tenant_id, ' ') FROM unnest('{acme,default-tenant}'::text[]) AS tenant_id
	WHERE ideamine.sees_tenant(tenant_id); RESET ROLE}), 'acme', 'one that is, from the update on, its own');
old(q{SELECT ideamine.create_job('acme', 'soon after', run_at => clock_timestamp() + interval '300 ms')});
ok($node->poll_query_until('old', q{SELECT ready_at IS NOT NULL FROM ideamine.jobs WHERE job_type = 'soon after'}),
	'the background worker goes on, too');

# ---- from 1.1 ----------------------------------------------------------------------------------

my $newer = $node->background_psql('newer', on_error_stop => 0);
my $crew = $newer->query(q{SELECT ideamine.register_worker('newer')});
$newer->query(q{SELECT ideamine.create_jobs('acme', '[
	{"job_type": "a", "concurrency_key": "k"}, {"job_type": "b", "concurrency_key": "k"}]')})
  if $newer->query(q{SELECT ideamine.create_tenant('acme')}) eq 't';
is($newer->query(qq{SELECT string_agg(job_type, ' ') FROM ideamine.acquire_jobs('$crew', 5)}), 'a',
	'version 1.1: a concurrency key is honoured');
$node->safe_psql('newer', 'ALTER EXTENSION ideamine UPDATE');
is_deeply([split /\n/, $node->safe_psql('newer', $catalogue)], \@fresh,
	'the catalogue updated from 1.1 is that of a fresh installation');
is($newer->query(qq{SELECT string_agg(e.job_type, ' ') FROM ideamine.jobs AS j, ideamine.exchange_jobs('$crew',
	jsonb_build_array(jsonb_build_object('tenant_id', j.tenant_id, 'job_id', j.job_id, 'epoch', j.epoch))) AS e
	WHERE j.job_type = 'a'}), 'b', 'and the work goes on');

$newer->quit;
$session->quit;
$node->stop;
done_testing();
