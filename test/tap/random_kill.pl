# Any process of a server under load is killed at random moments: what was acknowledged is there afterwards, nothing is completed
# twice, and nothing waits for ever. Three minutes or an hour, or the same kills again:
#
#   IDEAMINE_KILL_SECONDS=3600 TAP=random_kill scripts/check tap
#   IDEAMINE_KILL_SECONDS=180 IDEAMINE_KILL_SEED=… TAP=random_kill scripts/check tap
use strict;
use warnings;

use Acknowledged qw(nothing_is_lost);
use Chaos qw(prepare_chaos start_client errors_of drain kill_all);
use Invariants qw(is_consistent);
use IPC::Run;
use List::Util qw(shuffle);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(answer_of start_again);
use Test::More;
use Time::HiRes qw(time usleep);

my $seconds = $ENV{IDEAMINE_KILL_SECONDS} // 180;
my $seed = $ENV{IDEAMINE_KILL_SEED} // int(rand(2**31));
my $replay = $ENV{REPLAY};
plan skip_all => 'REPLAY does not name the program replay' unless $replay;
note("IDEAMINE_KILL_SEED=$seed");
srand $seed;

my $node = PostgreSQL::Test::Cluster->new('random_kill');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
# Durable as in production; leases are short, because what is lost comes back when they have run out.
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'ideamine'
ideamine.databases = 'postgres'
ideamine.lease_duration = 3s
ideamine.worker_timeout = 4s
ideamine.sweep_interval = 200ms
ideamine.worker_restart_gap = 1s
ideamine.restore_quiet_period = 0
ideamine.history_after = 1s
max_connections = 80
fsync = on
full_page_writes = on
restart_after_crash = on
checkpoint_timeout = 30s
autovacuum_naptime = 1s
log_statement = none
log_min_messages = warning
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ideamine');
prepare_chaos($node);

# ---- the load -------------------------------------------------------------------------------------

my $folder = $node->basedir;
my @clients = map { start_client($node, $seed + $_, "$folder/client$_", "$folder/stop") } 1 .. 3;

# One run of replay after the other, each left alone until it has made its connections: from then on it survives all that comes.
my ($runs, $bad_runs, $run) = (0, 0, undef);
sub end_run
{
	$run->finish;
	return if $run->result(0) == 0;
	++$bad_runs;
	diag(slurp_file("$folder/replay$runs.out"));
}

sub keep_replaying
{
	return if defined $run && $run->pumpable;
	end_run() if defined $run;
	++$runs;
	find('pid = pg_backend_pid()');
	local $ENV{PGAPPNAME} = 'replay';
	$run = IPC::Run::start([ $replay, '--dsn', $node->connstr('postgres'), '--jobs', 600, '--speed', 4, '--workers', 6, '--seed', $seed + $runs,
			'--reconnect', '--quiet', '--timeout', 600, '--ack-log', "$folder/replay$runs.ack" ],
		'<', '/dev/null', '>', "$folder/replay$runs.out", '2>&1');
	usleep(10_000) until -s "$folder/replay$runs.ack" || !$run->pumpable;
	return;
}
keep_replaying();

# ---- the kills ------------------------------------------------------------------------------------

my %kills;

# One of the server's processes, as soon as it lets us look and there is one.
sub find
{
	my ($condition) = @_;
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		my @pids = split /\n/, answer_of($node, "SELECT pid FROM pg_stat_activity WHERE $condition") // '';
		return $pids[ rand @pids ] if @pids;
		usleep(100_000);
	}
	die "there is no process with $condition";
}

# These two at all times, also while the server recovers from the one before.
sub end_server
{
	my ($kill) = @_;
	$kill->($node);
	return start_again($node) || die 'the server does not start again';
}

my $client = q{application_name IN ('replay', 'chaos')};
my %processes = (
	'a client\'s backend' => $client,
	map { $_ => "backend_type = '$_'" } ('ideamine worker', 'ideamine launcher', 'checkpointer', 'walwriter', 'background writer'));
my %ways = (
	(map { my $condition = $processes{$_}; $_ => sub { kill 'KILL', find($condition) } } keys %processes),
	'autovacuum' => sub { kill 'KILL', find(q{backend_type LIKE 'autovacuum %'}) },
	'the postmaster' => sub { end_server(sub { $node->kill9 }) },
	'all processes at once' => sub { end_server(\&kill_all) });
# A statement of replay that is cancelled is an error to it.
my %gentle_ways = (
	(map { my $condition = $processes{$_}; "$_, gently" => sub { kill 'TERM', find($condition) } } 'a client\'s backend', 'ideamine worker', 'ideamine launcher'),
	'a statement' => sub { kill 'INT', find(q{application_name = 'chaos' AND state = 'active'}) },
	'a duty' => sub { kill 'INT', find($processes{'ideamine worker'}) });

sub kill_by
{
	my ($kind, $pause) = @_;
	usleep(rand(1e6 * $pause));
	$kills{$kind} += ($ways{$kind} // $gentle_ways{$kind})->();
	keep_replaying();
	return;
}

# Rounds of all there are; the time is over when there was one at least.
my @kinds = sort(keys %ways, keys %gentle_ways);
my $end = time + $seconds;
my @round;
until (time > $end && ($seconds < 180 || keys %kills == @kinds))
{
	@round = shuffle(@kinds) unless @round;
	kill_by(shift @round, 3);
}
# Without the others now, for they bring back all that the gentle ones may have lost in memory.
kill_by($_, 0.5) for map { shuffle(sort keys %gentle_ways) } 1 .. 5;
note(sprintf('%5d times %s', $kills{$_} // 0, $_)) for @kinds;
note("$runs runs of replay");
is_deeply([ grep { !$kills{$_} } @kinds ], [], 'each kind of process was killed, and in each way') if $seconds >= 180;

# ---- what is left ---------------------------------------------------------------------------------

append_to_file("$folder/stop", '');
$_->finish for @clients;
end_run();
is($bad_runs, 0, 'replay finds every job done exactly once and in order') or diag("in $bad_runs of $runs runs");
my %errors = errors_of(glob "$folder/client*.err");
note("clients were told: ", join ', ', map { "$_ $errors{$_} times" } sort keys %errors);
# cancelled; terminated, crashed, starting; a stale lease, a worker that was given up
is_deeply([ grep { !/^(57014|57P0[123]|ID409|ID410)$/ } sort keys %errors ], [], 'clients met no error but those that a kill explains');
is_consistent($node, 'postgres', 'the tables are consistent when all has come to rest');

is(drain($node), 0, 'every job ends once a worker keeps acquiring');
is($node->safe_psql('postgres', 'SELECT ideamine.reconcile_dispatch()'), '0', 'nothing is missing in memory');
is($node->safe_psql('postgres', q{SELECT count(*) FROM ideamine.audit_counters() WHERE state = 'broken'}), '0', 'the counters are those of the tables');

append_to_file("$folder/acknowledged", slurp_file($_)) for glob("$folder/*.ack $folder/client*.out");
nothing_is_lost($node, 'postgres', "$folder/acknowledged");
is($node->safe_psql('postgres', q{SELECT count(*) FROM (
		SELECT FROM effects e LEFT JOIN ideamine.v_jobs j ON j.job_id = e.job_id AND j.epoch = e.epoch AND j.status = 'completed'
		GROUP BY e.job_id HAVING count(*) <> 1 OR count(j.job_id) <> 1) AS wrong}), '0',
	'what was written together with a completion is there once, and by the lease that completed the job');
is($node->safe_psql('postgres', q{SELECT count(*) FROM ideamine.v_jobs WHERE payload ? 'undone'}), '0', 'nothing of what was rolled back is there');
is($node->safe_psql('postgres', q{SELECT count(*) FROM (
		SELECT FROM ideamine.v_jobs WHERE payload ? 'once' GROUP BY tenant_id, payload->>'once' HAVING count(*) > 1) AS twice}), '0',
	'an idempotency key stands for one job');
is_consistent($node, 'postgres', 'the tables are consistent when all has ended');
note($node->safe_psql('postgres', q{SELECT string_agg(status || ' ' || n, ', ') FROM (SELECT status, count(*) AS n FROM ideamine.v_jobs GROUP BY 1 ORDER BY 1) AS s}));

my @crashes = slurp_file($node->logfile) =~ /^.*(?:PANIC|TRAP:|by signal (?:6|11)\b|differ from their tables|were missing in shared memory).*$/mg;
is_deeply(\@crashes, [], 'the server has not crashed of itself, nor found itself wrong');

$node->stop;
done_testing();
