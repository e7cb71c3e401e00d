# A dump gives back every row, whether restored by psql or by pg_restore, and the restored database goes on.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

sub new_node
{
	my ($name) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init;
	$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
	$node->append_conf('postgresql.conf',
		"shared_preload_libraries = 'ideamine'\nideamine.databases = 'app, custom'\n");
	$node->start;
	return $node;
}

my $source = new_node('source');
$source->safe_psql('postgres', 'CREATE DATABASE app');
$source->safe_psql('app', q{
	CREATE EXTENSION ideamine;
	SELECT ideamine.create_tenant('acme', 'Acme', 'premium', '{"region": "eu"}');
	-- the default tenant is made on first use; a site may change it like any other
	SELECT ideamine.create_job(NULL, 'first');
	UPDATE ideamine.tenants SET name = 'Ours' WHERE tenant_id = 'default-tenant';
	SELECT ideamine.create_jobs('acme', '[
		{"key": "a", "job_type": "a"}, {"key": "b", "job_type": "b", "depends_on": ["a"]},
		{"key": "c", "job_type": "c", "max_retries": 0, "priority_class": "P0"},
		{"key": "later", "job_type": "later", "run_at": "2100-01-01"}]');
});
# one job is history by now
$source->safe_psql('app', q{
	SELECT ideamine.cancel_job('acme', job_id, 'long ago') FROM ideamine.create_job('acme', 'past', '{"old": [1.50]}');
	SELECT ideamine.move_to_history(now() + interval '1 day');
});
my $worker = $source->safe_psql('app', q{SELECT ideamine.register_worker('dump', '{gpu}', 5)});
# c dies, a is left running, the first job is completed, one notice waits for the worker
$source->safe_psql('app', qq{
	SELECT ideamine.acquire_jobs('$worker', 5);
	SELECT ideamine.fail_job(tenant_id, job_id, epoch, 'no good') FROM ideamine.jobs WHERE job_type = 'c';
	SELECT ideamine.complete_job(tenant_id, job_id, epoch, '{"n": 1e400}') FROM ideamine.jobs WHERE job_type = 'first';
	SELECT ideamine.create_job('acme', 'stopped');
	SELECT ideamine.acquire_jobs('$worker', 1);
	SELECT ideamine.cancel_job(tenant_id, job_id, 'enough') FROM ideamine.jobs WHERE job_type = 'stopped';
	-- one idempotency key lives, another one has expired, and a queue is paused
	SELECT ideamine.create_job('acme', 'once', run_at => '2100-01-01', options => '{"idempotency_key": "alive"}');
	SELECT ideamine.create_job('acme', 'once', run_at => '2100-01-01', options => '{"idempotency_key": "gone"}');
	UPDATE ideamine.idempotency_keys SET expires_at = now() WHERE idempotence_key = 'gone';
	SELECT ideamine.purge_idempotency_keys();
	SELECT ideamine.pause_queue('acme', 'slow', 'it is late');
	-- quotas, what is used of them, and a request that was refused; usage of an earlier day that is rolled up
	SELECT ideamine.set_quotas('acme', max_cpu_cores => 4, throttle_enabled => false);
	SELECT ideamine_internal.make_day_partition('tenant_usage', (now() - interval '3 days')::date);
	INSERT INTO ideamine.tenant_usage (tenant_id, resource, amount, window_start, recorded_at)
		VALUES ('acme', 'cpu', 0.5, '-infinity', now() - interval '3 days');
	SELECT ideamine.roll_up_usage();
	SELECT ideamine.enforce_quota('acme', 'cpu', 1.25), ideamine.enforce_quota('acme', 'cpu', 100), ideamine.enforce_quota('acme', 'tokens', 7);
	SELECT ideamine.increment_user_quota('acme', 'ann', 'search', 11, 0.125);
	SELECT ideamine.record_violations();
	-- a project with an owner, and a login that the other server does not have
	SELECT ideamine.create_project('acme', 'search', 'Search', '{"routing": {"maxCostPerRequest": 0.10}}');
	SELECT ideamine.grant_role('acme', 'ann', 'search', 'owner');
	CREATE ROLE dump_login IN ROLE ideamine_reader;
	SELECT ideamine.bind_login('dump_login', 'acme');
	-- one that gave way, and what the platform has
	SELECT ideamine.create_job('acme', 'aside', '{}', 'P3');
	SELECT ideamine.acquire_jobs('$worker', 1);
	SELECT ideamine.preempt_job('acme', job_id, 'make room', 'cpu', '{"page": 3}') FROM ideamine.jobs WHERE job_type = 'aside';
	INSERT INTO ideamine.platform_capacity VALUES ('gpu', 8);
	-- a policy by which others give way, and a job for which room is held
	SELECT ideamine.set_preemption_policy('gpu-80', '{"resource": "gpu", "threshold": 0.9}');
	SELECT ideamine.create_job('acme', 'urgent', '{}', 'P0', options => '{"needs": {"gpu": 1}, "required_capabilities": ["rare"]}');
	INSERT INTO ideamine.held_room SELECT job_id, NULL, tenant_id, '{"gpu": 1}', 'gpu-80', now(), now() + interval '1 day'
		FROM ideamine.jobs WHERE job_type = 'urgent';
	-- a budget, what was spent of it, and what is held
	SELECT ideamine.set_budget('acme', 'project', 'search', 10, period => 'month');
	SELECT ideamine.set_budget('acme', 'run', '00000000-0000-7000-8000-00000000000a', 0);
	SELECT ideamine.act_on_budgets();
	SELECT ideamine.record_cost('acme', 0.000000001, project => 'search', idempotency_key => 'once');
	SELECT ideamine.reserve_cost('acme', 2, project => 'search');
	-- what was spent on a day that is closed
	SELECT ideamine_internal.make_day_partition('cost_events', '2020-01-01');
	INSERT INTO ideamine.cost_events (event_id, recorded_at, day_start, amount, kind, tenant_id, project_id)
	VALUES (gen_random_uuid(), '2020-01-01 12:00Z', '2020-01-01 00:00Z', 0.000000003, 'actual', 'acme', 'search');
	SELECT ideamine.roll_up_costs();
	SELECT ideamine.set_budget('acme', 'project', 'search', 10);
	-- prices keep every decimal
	SELECT ideamine.load_model_prices('{"gpt": {"input_cost_per_token": 2.50e-06, "output_cost_per_token": 1e-30, "search_cost": {"low": 0.030}}}');
});

# Every table of the extension with all its rows, as text.
my @tables = split /\n/, $source->safe_psql('app', q{
	SELECT c.oid::regclass FROM pg_class c
	JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
	JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'ideamine'
	WHERE c.relkind = 'r' ORDER BY 1});

# Some are in partitions that were made at run time.
my @partitioned = qw(ideamine.tenant_usage ideamine.user_usage ideamine.job_history ideamine.cost_events);

sub content
{
	my ($node, $database) = @_;
	return { map { $_ => $node->safe_psql($database, "SELECT t::text FROM $_ t ORDER BY 1") } @tables, @partitioned };
}

my $expected = content($source, 'app');
ok($expected->{$_} ne '', "there are rows in $_ to be dumped") for @tables, @partitioned;

my $folder = $source->basedir;
$source->command_ok([ 'pg_dump', '--file', "$folder/plain.sql", $source->connstr('app') ], 'pg_dump writes SQL');
$source->command_ok([ 'pg_dump', '--format=custom', '--file', "$folder/custom.dump", $source->connstr('app') ],
	'pg_dump writes an archive');

my $target = new_node('target');
$target->safe_psql('postgres', 'CREATE DATABASE app');
$target->safe_psql('postgres', 'CREATE DATABASE custom');
$target->command_ok(
	[ 'psql', '--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--file', "$folder/plain.sql",
		'--dbname', $target->connstr('app') ],
	'psql restores it');
$target->command_ok([ 'pg_restore', '--exit-on-error', '--dbname', $target->connstr('custom'), "$folder/custom.dump" ],
	'pg_restore restores it');
$target->safe_psql('app', 'CREATE ROLE dump_login IN ROLE ideamine_reader');
for my $database ('app', 'custom')
{
	is_deeply(content($target, $database), $expected, "every row is back in $database");

	is($target->safe_psql($database, q{SET ROLE dump_login; SELECT DISTINCT tenant_id FROM ideamine.jobs}), 'acme',
		"a login is bound in $database as it was");

	is($target->safe_psql($database, q{
		SELECT (SELECT used FROM ideamine.get_tenant_usage('acme') WHERE resource = 'cpu'),
			(SELECT used_tokens FROM ideamine.get_user_quota_status('acme', 'ann', 'search')),
			(SELECT allowed FROM ideamine.enforce_quota('acme', 'cpu', 2.25)),
			(SELECT allowed FROM ideamine.enforce_quota('acme', 'cpu', 1)),
			(SELECT count(*) FROM ideamine.audit_counters() WHERE state = 'broken')}),
		'1.75|11|t|f|0', "quotas in $database count what was used before");
	is($target->safe_psql($database, q{
		SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'ideamine.tenant_usage'::regclass AND NOT c.relrowsecurity}), '0',
		"partitions of usage in $database have row security as before");
	is($target->safe_psql($database, q{SELECT spent FROM ideamine.v_budget_status WHERE period = 'once' AND scope <> 'run'}), '0.000000004',
		"a budget in $database counts sums of days that are over, and what was recorded since then");
	is($target->safe_psql($database, q{SELECT ideamine.roll_up_costs()}), '0', "no day is summed up again in $database");

	my $answer = $target->safe_psql($database, qq{
		SELECT count(*) FROM ideamine.acquire_jobs(ideamine.register_worker('new'), 10)});
	is($answer, '0', "what was running in $database is not handed out before its lease is over");
	$target->safe_psql($database, q{SELECT ideamine.mark_stale_workers(now() + interval '1 hour')});
	is($target->safe_psql($database, q{
		SELECT string_agg(job_type || ' ' || attempt || ' ' || (epoch > 4294967297)::text, ', ')
		FROM ideamine.acquire_jobs(ideamine.register_worker('new'), 10)}),
		'a 2 true', "then $database goes on, with a new incarnation");
}

$source->stop;
$target->stop;
done_testing();
