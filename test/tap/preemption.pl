# A job that users wait for gets its room though nobody calls anything but its worker: the background worker is called at once when a
# claim finds none, has others give way, and gives back what nobody claims.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node);
use Test::More;
use Time::HiRes qw(time);

my $node = new_node('preemption', conf => "ideamine.databases = 'postgres'\nideamine.restore_quiet_period = 0\nlog_min_messages = debug1\n");
sub sql { return $node->safe_psql('postgres', @_); }
sub becomes_true { my ($sql, $name) = @_; return ok($node->poll_query_until('postgres', $sql), $name); }

becomes_true(q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'ideamine worker'}, 'the background worker runs');
sql(q{SELECT ideamine.create_tenant('acme', tier => 'enterprise'), ideamine.create_tenant('globex', tier => 'enterprise');
	INSERT INTO ideamine.platform_capacity VALUES ('gpu', 4);
	SELECT ideamine.reload_counters();
	SELECT ideamine.create_job('acme', 'batch', '{}', 'P3', options => '{"needs": {"gpu": 2}}') FROM generate_series(1, 2)});
my $worker = sql(q{SELECT ideamine.register_worker('all')});
# one that serves another tenant, and takes what it can
my $thief = sql(q{SELECT ideamine.register_worker('thief', tenants => '{globex}')});
is(sql("SELECT count(*) FROM ideamine.acquire_jobs('$worker', 10)"), 2, 'all that there is is in use');

# Who asks is refused, and rings; what it is told the next time is what counts.
sub is_running_soon
{
	my ($type, $name) = @_;
	my $began = time;
	ok($node->poll_query_until('postgres', qq{SELECT (SELECT count(*) FROM ideamine.acquire_jobs('$thief', 10)) >= 0
			AND (SELECT count(*) FROM ideamine.acquire_jobs('$worker', 1)) >= 0
			AND (SELECT status = 'running' FROM ideamine.jobs WHERE job_type = '$type')}), $name);
	cmp_ok(time - $began, '<', 15, "$type did not wait for the next round by time");
	return;
}

# The first round by time is half a minute after the start.
sql(q{SELECT ideamine.create_job('globex', 'thief', '{}', 'P3', options => '{"needs": {"gpu": 1}}') FROM generate_series(1, 5);
	SELECT ideamine.create_job('acme', 'urgent', '{}', 'P0', options => '{"needs": {"gpu": 2}}')});
is_running_soon('urgent', 'a P0 job that does not fit is running soon');
is(sql(q{SELECT count(*) FROM ideamine.jobs WHERE status = 'running' AND job_type = 'thief'}), 0, 'nobody else got its room');
is(sql(q{SELECT count(*) FROM ideamine.jobs WHERE status = 'preempted'}), 1, 'one job gave way');
sql(q{SELECT ideamine.create_job('acme', 'user', '{}', 'P1', options => '{"needs": {"gpu": 1}}')});
is_running_soon('user', 'so is a P1 job');

# Two of them do not have each other give way, however often they ask.
my $preempted = sql(q{SELECT sum(preemptions) FROM ideamine.jobs});
sql(q{SELECT ideamine.create_job('acme', 'other user', '{}', 'P1', options => '{"needs": {"gpu": 2}}')});
for (1 .. 20)
{
	sql("SELECT count(*) FROM ideamine.acquire_jobs('$worker', 1)");
}
is(sql(q{SELECT status FROM ideamine.jobs WHERE job_type = 'user'}), 'running', 'a P1 job does not give way to another one');
is(sql(q{SELECT sum(preemptions) FROM ideamine.jobs}), $preempted, 'and nobody does in vain');

# Room is held for a job until it ends, or too long.
sql(q{SELECT ideamine.cancel_job(tenant_id, job_id) FROM ideamine.jobs WHERE status IN ('pending', 'running', 'preempted')});
sql(q{ALTER SYSTEM SET ideamine.held_room_timeout = '3 s'});
sql(q{SELECT pg_reload_conf()});
sql(q{SELECT ideamine.create_job('acme', 'low', '{}', 'P3', options => '{"needs": {"gpu": 4}}')});
is(sql("SELECT count(*) FROM ideamine.acquire_jobs('$worker', 10)"), 1, 'all is in use again');
sql(q{SELECT ideamine.create_job('acme', 'absent', '{}', 'P0', options => '{"needs": {"gpu": 1}}')});
sql("SELECT count(*) FROM ideamine.acquire_jobs('$worker', 1)");
becomes_true(q{SELECT count(*) = 1 FROM ideamine.held_room}, 'room is held');
becomes_true(q{SELECT count(*) = 0 FROM ideamine.held_room}, 'and given back when nobody claims it');
is(sql(q{SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok'}), 0, 'counters are the sums of their rows');

# What comes free while the worker rests after it has looked calls it when it has rested: the first of many that end, and the last.
sql(q{SELECT ideamine.cancel_job(tenant_id, job_id) FROM ideamine.jobs WHERE status IN ('pending', 'running', 'preempted')});
sql(q{SELECT ideamine.create_job('acme', 'small', '{}', options => '{"needs": {"cpu": 1}}') FROM generate_series(1, 40)});
sql("SELECT count(*) FROM ideamine.acquire_jobs('$worker', 40)");
my @ends = split /\n/, sql(q{SELECT format('SELECT ideamine.complete_job(%L, %L, %s);', tenant_id, job_id, epoch) FROM ideamine.jobs
	WHERE status = 'running'});
is(@ends, 40, 'forty jobs run');
my $seen = -s $node->logfile;
sql(join "\n", @ends);
my $call = qr/called for freed: resume_preempted_jobs/;
ok($node->wait_for_log(qr/$call.*$call/s, $seen), 'the worker looks when they begin to end, and when all have ended');

# A round that leaves somebody out because of its share is followed at once by the next one.
sql(q{SELECT ideamine.cancel_job(tenant_id, job_id) FROM ideamine.jobs WHERE status IN ('pending', 'running', 'preempted')});
sql(q{SELECT ideamine.set_quotas(t, max_cpu_cores => 1, burst_percent => 0, throttle_enabled => false) FROM unnest('{one,two}'::text[]) t;
	SELECT ideamine.create_job(t, 'batch', '{}', 'P3', options => '{"needs": {"cpu": 1}}') FROM unnest('{one,two}'::text[]) t});
sql("SELECT count(*) FROM ideamine.acquire_jobs('$worker', 40)");
sql(q{SELECT ideamine.create_job(t, 'urgent', '{}', 'P1', options => '{"needs": {"cpu": 1}}') FROM unnest('{one,two}'::text[]) t});
$seen = -s $node->logfile;
is(sql(q{SET ideamine.preemption_round_share = 0; SELECT count(*) FROM ideamine.evaluate_preemption_policy() WHERE action = 'preempted'}), 1,
	'one of two gains by a round');
ok($node->wait_for_log(qr/called for room: evaluate_preemption_policy/, $seen), 'the worker is called for the other');
becomes_true(q{SELECT count(*) = 2 FROM ideamine.held_room}, 'which gains, too');

$node->stop;
done_testing();
