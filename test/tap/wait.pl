# A session that sleeps in wait_for_jobs() holds no snapshot, is woken by commits only, and leaves nothing behind.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('node');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
# no background worker: nobody but commits wakes anybody
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'ideamine'\nideamine.worker_timeout = '8s'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ideamine');

sub sql { return $node->safe_psql('postgres', @_); }

# Calls wait_for_jobs() in a session of its own, and returns that once it sleeps.
sub sleeper
{
	my ($worker, $timeout) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query('SELECT pg_backend_pid()');
	$session->query_until(qr/asleep soon/, "\\echo asleep soon\nCALL ideamine.wait_for_jobs('$worker', '$timeout');\n\\echo awake\n");
	ok($node->poll_query_until('postgres', "SELECT wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = $pid"),
		'it sleeps');
	return ($session, $pid);
}

sub wakes
{
	my ($session, $name) = @_;
	# polls for up to PG_TEST_TIMEOUT_DEFAULT seconds
	$session->query_until(qr/awake/, '');
	pass($name);
	$session->quit;
}

sub asleep { my $pid = shift; return sql("SELECT wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = $pid"); }

my $worker = sql(q{SELECT ideamine.register_worker('sleeper')});
my ($session, $pid) = sleeper($worker, '5 minutes');
is(sql("SELECT backend_xmin IS NULL AND backend_xid IS NULL FROM pg_stat_activity WHERE pid = $pid"), 't',
	'it holds no snapshot and no transaction id');

sql(q{BEGIN; SELECT ideamine.create_job(NULL, 'never'); ROLLBACK});
sql(q{SELECT ideamine.create_job(NULL, 'later', run_at => now() + interval '1 day')});
sql(q{SELECT ideamine.create_job(NULL, 'gpu', options => '{"required_capabilities": ["gpu"]}')});
is(asleep($pid), 't', 'a rollback, a job for later and one for others let it sleep');

sql(q{SELECT ideamine.create_job(NULL, 'now')});
wakes($session, 'a commit that makes a job runnable wakes it');
is(sql(qq{SELECT job_type FROM ideamine.acquire_jobs('$worker', 10)}), 'now', 'and there is the job');

# What wakes: a dependency, a requeue, a resumed queue.
my $leases = sql(qq{
	SELECT count(*) FROM ideamine.create_jobs(NULL, '[{"key": "a", "job_type": "a"}, {"job_type": "b", "depends_on": ["a"]}]');
	SELECT count(*) FROM ideamine.acquire_jobs('$worker', 10)});
($session, $pid) = sleeper($worker, '5 minutes');
sql(q{SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'a'});
wakes($session, 'a completion that unblocks a job wakes');

sql(qq{SELECT count(*) FROM ideamine.acquire_jobs('$worker', 10)});
($session, $pid) = sleeper($worker, '5 minutes');
sql(q{SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type = 'b'});
wakes($session, 'a job that is handed back wakes');

sql(q{SELECT ideamine.pause_queue(NULL)});
($session, $pid) = sleeper($worker, '5 minutes');
sql(q{SELECT ideamine.resume_queue(NULL)});
wakes($session, 'a queue that is resumed wakes');
sql(qq{SELECT count(*) FROM ideamine.acquire_jobs('$worker', 10)});

# What makes room in a tenant's quotas, in a session that has taken quota before it ever made a job runnable, and in a new one.
sql(q{SELECT ideamine.create_tenant('full'); SELECT ideamine.set_quotas('full', max_cpu_cores => 4, burst_percent => 0, throttle_enabled => false);
	SELECT count(*) FROM generate_series(1, 3) AS i, ideamine.create_job('full', 'needy ' || i, options => '{"needs": {"cpu": 4}}')});
my $holder = $node->background_psql('postgres');
$holder->query_safe(q{SELECT allowed FROM ideamine.enforce_quota('full', 'cpu', 4)});
($session, $pid) = sleeper($worker, '5 minutes');
$holder->query_safe(q{SELECT ideamine.release_quota('full', 'cpu', 4)});
wakes($session, 'a release of quota wakes');
is(sql(qq{SELECT count(*) FROM ideamine.acquire_jobs('$worker', 10)}), '1', 'and there is room for one');
($session, $pid) = sleeper($worker, '5 minutes');
sql(q{SELECT ideamine.set_quotas('full', max_cpu_cores => 8)});
wakes($session, 'a limit that is raised wakes');
is(sql(qq{SELECT count(*) FROM ideamine.acquire_jobs('$worker', 10)}), '1', 'and there is room for another');
($session, $pid) = sleeper($worker, '5 minutes');
$holder->query_safe(q{SELECT ideamine.complete_job(tenant_id, job_id, epoch) FROM ideamine.jobs WHERE job_type LIKE 'needy %' AND status = 'running' LIMIT 1});
wakes($session, 'the end of a job that held quota wakes');
$holder->quit;
sql(qq{SELECT count(*) FROM ideamine.acquire_jobs('$worker', 10)});

# Two sleepers, the first of whom cannot do the job: it passes the news on.
my $able = sql(q{SELECT ideamine.register_worker('able', '{tpu}')});
my ($first, $first_pid) = sleeper($worker, '5 minutes');
my ($second) = sleeper($able, '5 minutes');
sql(q{SELECT ideamine.create_job(NULL, 'tpu', options => '{"required_capabilities": ["tpu"]}')});
wakes($second, 'one for which there is work wakes, whoever was woken first');
is(asleep($first_pid), 't', 'the other sleeps on');

# Cancelled, and terminated.
sql("SELECT pg_cancel_backend($first_pid)");
$first->query_until(qr/awake/, '');
like($first->{stderr}, qr/canceling statement due to user request/, 'it can be cancelled');
$first->quit;
($session, $pid) = sleeper($worker, '5 minutes');
sql("SELECT pg_terminate_backend($pid, 60000)");
is(sql("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid"), '0', 'it can be terminated');
eval { $session->quit };

# Whose client is gone is told of nothing that others wait for.
$node->append_conf('postgresql.conf', q{ideamine.worker_timeout = '1h'});
$node->reload;
my @client = $node->connstr('postgres');
my $gone = IPC::Run::start([ 'psql', '-XqAt', '-d', @client, '-c', "SET application_name = 'gone'", '-c', "CALL ideamine.wait_for_jobs('$worker', '5 minutes')" ],
	'>', \my $said, '2>', \my $complained);
ok($node->poll_query_until('postgres', q{SELECT wait_event_type = 'Extension' FROM pg_stat_activity WHERE application_name = 'gone'}), 'a client sleeps');
$gone->kill_kill;
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'gone'}), 'when it is killed its session ends');

# Who was woken and ends without taking anything passes it on.
($first) = sleeper($worker, '5 minutes');
($second) = sleeper($worker, '5 minutes');
sql(q{SELECT ideamine.create_job(NULL, 'passed on')});
$first->query_until(qr/awake/, '');
$first->quit;
wakes($second, 'one that ends after it was woken passes that on');
is(sql(qq{SELECT job_type FROM ideamine.acquire_jobs('$worker', 10)}), 'passed on', 'and there is the job');
$node->append_conf('postgresql.conf', q{ideamine.worker_timeout = '8s'});
$node->reload;

# A worker that sleeps is alive, for longer than ideamine.worker_timeout.
($session, $pid) = sleeper($worker, '11 seconds');
$session->query_until(qr/awake/, '');
is(sql(q{SELECT count(*) FROM ideamine.mark_stale_workers() JOIN ideamine.workers USING (worker_id) WHERE worker_type = 'sleeper'}),
	'0', 'a worker that slept long counts as alive');
$session->quit;

# One that ends meanwhile learns of it.
($session, $pid) = sleeper($worker, '5 minutes');
sql("SELECT ideamine.terminate_worker('$worker')");
sql(q{SELECT ideamine.create_job(NULL, 'more')});
$session->query_until(qr/awake/, '');
like($session->{stderr}, qr/worker .* is terminated/, 'a worker that was terminated is told when it wakes');
$session->quit;

$node->stop;
done_testing();
