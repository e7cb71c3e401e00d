# Budgets that act by themselves: the commit that reaches a threshold wakes the background worker, which stops what it has to, and
# brings it back. Each threshold fires once, whoever is killed in between, and however many spend at once.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node error_of start_again);
use Test::More;

# ---- killed in the middle of every step ----------------------------------------------------------

my $node = new_node('steps', conf => "restart_after_crash = off\n");
sub sql { return $node->safe_psql('postgres', @_); }

sub act_with_fault
{
	my ($fault) = @_;
	local $ENV{PGOPTIONS} = '-c ideamine.fault=' . $fault =~ s/ /\\ /gr;
	my ($status) = $node->psql('postgres', 'SELECT ideamine.act_on_budgets(); SELECT ideamine.enforce_closings(); SELECT ideamine.reopen_jobs()');
	return $status;
}

sub act { return sql('SELECT ideamine.act_on_budgets(); SELECT ideamine.enforce_closings(); SELECT ideamine.reopen_jobs()'); }

sub rows_are
{
	my ($sql, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is(sql($sql), $expected, $name);
}

my $number = 0;
for my $point (qw(budgets.firing budgets.fired closings.stopped))
{
	for my $action (qw(kill abort error))
	{
		my $tenant = 'tenant-' . ++$number;
		my $name = "$point, $action";
		my $run = sprintf('00000000-0000-7000-8000-%012d', $number);
		sql(qq{SELECT ideamine.create_tenant('$tenant');
			SELECT ideamine.set_budget('$tenant', 'run', '$run', 1);
			SELECT ideamine.create_job('$tenant', 'work', priority_class => 'P' || i % 4, options => '{"run": "$run"}') FROM generate_series(1, 40) i;
			SELECT count(*) FROM ideamine.acquire_jobs(ideamine.register_worker('w', '{}', NULL, '{$tenant}'), 30)});
		sql(qq{SELECT recorded FROM ideamine.record_cost('$tenant', 0.96, run => '$run')});
		isnt(act_with_fault("$point $action 1"), 0, "$name: it has happened");
		if ($action eq 'kill')
		{
			$node->kill9;
			ok(start_again($node), "$name: the server recovers");
		}
		# after a restart nobody has told of it: the worker begins with this
		sql('SELECT ideamine.sweep_budgets()');
		act();
		act();
		rows_are(qq{SELECT string_agg(threshold, ' ' ORDER BY threshold) FROM ideamine.budget_events WHERE tenant_id = '$tenant'},
			'pause_at throttle_at throttle_high_at warn_at', "$name: each threshold has fired, and once");
		rows_are(qq{SELECT count(*) FROM ideamine.jobs WHERE tenant_id = '$tenant' AND status IN ('pending', 'running') AND priority_class > 'P0'},
			0, "$name: none runs, none can be acquired");
		rows_are(qq{SELECT (SELECT sum(tasks_affected) FROM ideamine.budget_events WHERE tenant_id = '$tenant')
				= (SELECT count(*) FROM ideamine.jobs WHERE tenant_id = '$tenant' AND status = 'preempted')
			AND (SELECT count(*) FROM ideamine.preemption_history WHERE tenant_id = '$tenant' AND preempted_at IS NOT NULL)
				= (SELECT count(*) FROM ideamine.jobs WHERE tenant_id = '$tenant' AND status = 'preempted')
			AND (SELECT count(*) FROM ideamine.events WHERE tenant_id = '$tenant' AND event_type = 'preempt-for-budget')
				= (SELECT count(*) FROM ideamine.jobs WHERE tenant_id = '$tenant' AND status = 'preempted')},
			't', "$name: each preempted job is counted and told of once");
		sql(qq{SELECT ideamine.set_budget('$tenant', 'run', '$run', 100)});
		act();
		rows_are(qq{SELECT count(*) FROM ideamine.jobs WHERE tenant_id = '$tenant' AND waits_for = 'opening'}, 0, "$name: all come back");
	}
}
rows_are(q{SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok'}, 0, 'counters are the sums of their rows');
like(error_of($node, q{BEGIN; SELECT ideamine.record_cost('tenant-1', 1, project => 'new'); PREPARE TRANSACTION 'p'}),
	qr/ID409: cannot prepare a transaction that has recorded costs/, 'what records costs is not prepared');
$node->stop;

# ---- by themselves, while many spend -------------------------------------------------------------

$node = PostgreSQL::Test::Cluster->new('alone');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'ideamine'
ideamine.databases = 'postgres'
ideamine.sweep_interval = '1min'
ideamine.restore_quiet_period = '1s'
max_connections = 80
log_statement = none
log_min_messages = debug1
ideamine.fault = ''
CONF
$node->start;
sql('CREATE EXTENSION ideamine');
sub becomes { my ($sql, $name) = @_; return ok($node->poll_query_until('postgres', "SELECT $sql"), $name); }
becomes(q{EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker')}, 'the worker is there');
# Another one, which finds the extension, and whose first passes are over.
sub replace_worker
{
	my $old = sql(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'ideamine worker'});
	sql("SELECT pg_terminate_backend($old)");
	becomes(qq{EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker' AND pid <> $old AND state = 'idle')}, 'it is at rest');
	return;
}
replace_worker();

my $run = '00000000-0000-7000-8000-000000000001';
sql(qq{SELECT ideamine.create_tenant('acme');
	SELECT ideamine.set_budget('acme', 'run', '$run', 10);
	SELECT ideamine.create_job('acme', 'work', priority_class => 'P' || i % 4, options => '{"run": "$run"}') FROM generate_series(1, 600) i;
	SELECT count(*) FROM ideamine.acquire_jobs(ideamine.register_worker('w', '{}'), 590)});
my $script = PostgreSQL::Test::Utils::tempdir() . '/spend.sql';
append_to_file($script, <<"END");
\\set amount random(1, 20000000)
\\set way random(1, 4)
BEGIN;
SELECT ideamine.record_cost('acme', :amount * 0.000000001, run => '$run');
SAVEPOINT s;
SELECT ideamine.record_cost('acme', :amount * 0.000000001, run => '$run');
\\if :way = 1
ROLLBACK TO s;
\\elif :way = 2
ROLLBACK;
\\endif
COMMIT;
END
my $out = '';
my $seen = -s $node->logfile;
ok(IPC::Run::run([ 'pgbench', '-n', '-c', 32, '-j', 2, '-t', 40, '-f', $script, $node->connstr('postgres') ], '>', \$out, '2>&1'),
	'32 clients spend, and roll back at random') or diag($out);
ok($node->wait_for_log(qr/called for budgets: act_on_budgets/, $seen), 'the worker is called for that');
becomes(q{count(*) = 4 FROM ideamine.budget_events}, 'all thresholds have fired');
becomes(q{count(*) = 0 FROM ideamine.jobs WHERE status = 'running' AND priority_class > 'P0'}, 'all but P0 have given way');
becomes(q{count(*) = 0 FROM ideamine.jobs WHERE status = 'pending'}, 'what waited is paused');
is(sql(q{SELECT count(DISTINCT threshold), count(*) FROM ideamine.budget_events}), '4|4', 'each threshold once');
is(sql(q{SELECT trim_scale(s.spent - sum(e.amount)) FROM ideamine.v_budget_status s, ideamine.cost_events e GROUP BY s.spent}), 0,
	'what is spent is what was recorded, to the nano-dollar');
is(sql(q{SELECT bool_and(e.budget_spent >= e.budget_total * CASE e.threshold WHEN 'warn_at' THEN 0.5 WHEN 'throttle_at' THEN 0.8
		WHEN 'throttle_high_at' THEN 0.9 ELSE 0.95 END) FROM ideamine.budget_events e}), 't', 'none before it was reached');
is(sql(q{SELECT sum(tasks_affected) FROM ideamine.budget_events}), sql(q{SELECT count(*) FROM ideamine.jobs WHERE status = 'preempted'}),
	'each job was preempted once');
$seen = -s $node->logfile;
sql(qq{SELECT ideamine.set_budget('acme', 'run', '$run', 1000)});
ok($node->wait_for_log(qr/called for closings: reopen_jobs/, $seen), 'and for what is open again');
becomes(q{count(*) = 0 FROM ideamine.jobs WHERE status IN ('preempted', 'paused')}, 'raised: all come back by themselves');
is(sql(q{SELECT status FROM ideamine.workflow_runs}), 'running', 'the run is running again');
is(sql(qq{SELECT ideamine.pause_run('acme', '$run')}), 't', 'it is paused by hand');
becomes(q{count(*) = 0 FROM ideamine.jobs WHERE status = 'pending'}, 'its jobs are paused');
sql(qq{SELECT ideamine.resume_run('acme', '$run')});
becomes(q{count(*) = 0 FROM ideamine.jobs WHERE status IN ('preempted', 'paused')}, 'and come back');
is(sql(q{SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok'}), 0, 'counters are the sums of their rows');

# ---- called while it keeps still -----------------------------------------------------------------

# what begins like a restore makes the worker wait, and not forget
$seen = -s $node->logfile;
sql(q{CREATE EXTENSION IF NOT EXISTS ideamine; COPY ideamine.platform_capacity (resource, capacity) FROM '/dev/null'});
sql(q{SELECT ideamine.set_budget('acme', 'project', 'p', 1)});
sql(q{SELECT FROM ideamine.record_cost('acme', 0.6, project => 'p')});
ok($node->wait_for_log(qr/is idle while.*is at work.*called for budgets: act_on_budgets/s, $seen), 'it looks when it is at work again');
becomes(q{count(*) = 1 FROM ideamine.budget_events WHERE scope_id = 'p'}, 'the threshold has fired');

# ---- the worker itself is killed in the middle of what it does ------------------------------------

# Sessions pass these places only in calls that nobody but the worker makes here.
sub set_fault { my ($fault) = @_; return $node->adjust_conf('postgresql.conf', 'ideamine.fault', "'$fault'"); }

for my $point (qw(budgets.firing budgets.fired closings.stopped))
{
	my $tenant = "killed at $point";
	my $killed = '00000000-0000-7000-8001-' . sprintf('%012d', ++$number);
	sql(qq{SELECT ideamine.create_tenant('$tenant');
		SELECT ideamine.set_budget('$tenant', 'run', '$killed', 1);
		SELECT ideamine.create_job('$tenant', 'work', priority_class => 'P' || i % 4, options => '{"run": "$killed"}') FROM generate_series(1, 40) i;
		SELECT count(*) FROM ideamine.acquire_jobs(ideamine.register_worker('w', '{}', NULL, ARRAY['$tenant']), 30)});
	my $spend = qq{SELECT recorded FROM ideamine.record_cost('$tenant', 0.96, run => '$killed', idempotency_key => 'once')};
	$seen = -s $node->logfile;
	set_fault("$point kill 1");
	$node->reload;
	replace_worker();
	# the server may go down with the worker before it answers
	$node->psql('postgres', $spend);
	ok($node->wait_for_log(qr/fault point \Q$point\E: kill/, $seen), "$point: the worker is killed there");
	set_fault('');
	$node->kill9;
	ok(start_again($node), "$point: the server recovers");
	is(sql($spend), 'f', "$point: what was spent is known");
	becomes(qq{count(*) = 4 FROM ideamine.budget_events WHERE tenant_id = '$tenant'}, "$point: all thresholds fire");
	becomes(qq{count(*) = 0 FROM ideamine.jobs WHERE tenant_id = '$tenant' AND status IN ('pending', 'running') AND priority_class > 'P0'},
		"$point: none runs, none can be acquired");
	is(sql(qq{SELECT count(DISTINCT threshold), count(*), sum(tasks_affected)
			= (SELECT count(*) FROM ideamine.preemption_history h WHERE h.tenant_id = '$tenant' AND preempted_at IS NOT NULL)
		FROM ideamine.budget_events WHERE tenant_id = '$tenant'}), '4|4|t', "$point: each threshold once, each job once");
	sql(qq{SELECT ideamine.set_budget('$tenant', 'run', '$killed', 100)});
	becomes(qq{count(*) = 0 FROM ideamine.jobs WHERE tenant_id = '$tenant' AND status IN ('preempted', 'paused')}, "$point: raised: all come back");
}
becomes(q{count(*) = 0 FROM ideamine.audit_counters() WHERE state <> 'ok'}, 'counters are the sums of their rows');
$node->stop;

done_testing();
