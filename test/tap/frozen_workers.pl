# Workers that freeze past their leases and wake up later: their jobs go to others meanwhile, and whatever they still
# have to say about them is refused and changes nothing.
use strict;
use warnings;

use Invariants qw(is_consistent);
use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $stale_calls = 1000;
my $jobs_each = 25;

my $node = PostgreSQL::Test::Cluster->new('frozen');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'ideamine'
ideamine.databases = 'postgres'
ideamine.restore_quiet_period = 0
ideamine.sweep_interval = 100
ideamine.worker_timeout = '10s'
log_statement = none
CONF
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION ideamine;
	SELECT ideamine.create_tenant('acme');
	-- what a worker writes itself, in the transaction in which it reports
	CREATE TABLE effects (call integer)});

my $folder = PostgreSQL::Test::Utils::tempdir();

sub becomes_true
{
	my ($sql, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok($node->poll_query_until('postgres', "SELECT $sql"), $name);
}

sub create_jobs
{
	my ($count) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT count(*) FROM ideamine.create_jobs('acme', (
			SELECT jsonb_agg(jsonb_build_object('job_type', 'work', 'max_retries', 100)) FROM generate_series(1, $count)))});
}

sub start_psql
{
	my ($script) = @_;
	my %process = (out => '', err => '', in => "\\set VERBOSITY verbose\n$script");
	$process{run} = start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ],
		'<', \$process{in}, '>', \$process{out}, '2>', \$process{err});
	return \%process;
}

# A process of its own that takes jobs, and then says five times a second that it lives.
sub start_worker
{
	my ($jobs, $lease) = @_;
	my $worker = start_psql(<<"SQL");
SELECT ideamine.register_worker('worker') AS worker \\gset
SELECT 'worker', :'worker';
SELECT 'lease', job_id, epoch FROM ideamine.acquire_jobs(:'worker', $jobs, '$lease');
\\echo acquired
SELECT 'stop', job_id, epoch, reason FROM ideamine.heartbeat(:'worker') \\watch 0.2
SQL
	$worker->{run}->pump until $worker->{out} =~ /^acquired$/m;
	($worker->{id}) = $worker->{out} =~ /^worker\|(.*)$/m;
	$worker->{leases} = { $worker->{out} =~ /^lease\|(.*)\|(.*)$/mg };
	return $worker;
}

sub signal_worker
{
	my ($signal, $worker) = @_;
	return kill $signal, $worker->{run}{KIDS}[0]{PID};
}

# Completes jobs under leases that are live.
sub complete
{
	my (%leases) = @_;
	my $completions = join ', ', map { qq({"job_id": "$_", "epoch": $leases{$_}}) } sort keys %leases;
	return $node->safe_psql('postgres', qq{
		SET ideamine.tenant_id = 'acme';
		SELECT DISTINCT answer FROM ideamine.complete_jobs('[$completions]')});
}

# A process that reports on leases that it has lost, in every way there is, each time together with a write of its own.
sub start_stale_calls
{
	my ($count, %leases) = @_;
	my @jobs = sort keys %leases;
	my $script = '';
	for my $i (0 .. $count - 1)
	{
		my $job = $jobs[ $i % @jobs ];
		my $lease = "'acme', '$job', $leases{$job}";
		my $as_json = qq({"tenant_id": "acme", "job_id": "$job", "epoch": $leases{$job}, "result": "stale"});
		my $call = (
			"ideamine.complete_job($lease, '\"stale\"')",
			"ideamine.complete_jobs('[$as_json]')",
			"ideamine.fail_job($lease, 'stale')",
			"ideamine.release_job($lease, '\"stale\"')",
			"ideamine.complete_jobs('[$as_json]', strict => true)")[ ($i + int($i / @jobs)) % 5 ];
		$script .= "BEGIN; INSERT INTO effects VALUES ($i);\nSELECT 'answer', * FROM $call;\n"
		  . "\\echo called :SQLSTATE\nCOMMIT;\n";
	}
	append_to_file("$folder/stale_calls", $script);
	my $process = start_psql("\\i $folder/stale_calls\n");
	return $process;
}

# How often which answer came.
sub answers
{
	my ($process) = @_;
	$process->{run}->finish;
	unlink "$folder/stale_calls";
	my %count;
	++$count{$_} for $process->{out} =~ /^called (.*)$/mg;
	++$count{$_} for $process->{out} =~ /^(answer.*)$/mg;
	my %result = (refused => $count{ID409} // 0, answered => $count{'00000'} // 0);
	$result{stale} = grep { /^answer\|acme\|.*\|stale$/ } $process->{out} =~ /^(answer.*)$/mg;
	$result{calls} = () = $process->{out} =~ /^called /mg;
	return \%result;
}

# Every row of the tables about jobs with the transaction that wrote it: a row that is written as it was shows, too.
sub content
{
	return { map { $_ => $node->safe_psql('postgres', "SELECT xmin, ctid, t FROM $_ t ORDER BY t") }
		  qw(ideamine.jobs ideamine.ended_attempts ideamine.dead_letter_queue ideamine_internal.stop_notices) };
}

# ---- the workers freeze, and their jobs go to others ---------------------------------------------

create_jobs(12 * $jobs_each);
my @frozen = map { start_worker($jobs_each, '1 s') } 1 .. 12;
my %lost = map { %{ $_->{leases} } } @frozen;
is(scalar keys %lost, 12 * $jobs_each, 'twelve workers hold all jobs');

my $now = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
becomes_true("clock_timestamp() > timestamptz '$now' + interval '2 s'", 'their leases would be over');
is($node->safe_psql('postgres', q{SELECT count(*) FROM ideamine.jobs WHERE status = 'running' AND attempt = 1}),
	12 * $jobs_each, 'their heartbeats keep the leases alive');

signal_worker('STOP', $_) for @frozen;
becomes_true(q{NOT EXISTS (SELECT FROM ideamine.jobs WHERE status = 'running')}, 'frozen, they lose all of them');

my $living = start_worker(8 * $jobs_each, '1 hour');
my @taken = sort keys %{ $living->{leases} };
is(scalar @taken, 8 * $jobs_each, 'another worker takes jobs of theirs');
my %to_complete = map { $_ => $living->{leases}{$_} } @taken[ 0 .. $#taken / 2 ];
is(complete(%to_complete), 'ok', 'and completes half of them');
my @to_cancel = @taken[ @taken / 2 .. @taken / 2 + 19 ];
$node->safe_psql('postgres', join ';', map { "SELECT ideamine.cancel_job('acme', '$_')" } @to_cancel);
is($node->safe_psql('postgres',
		'SELECT string_agg(status || n, $$ $$ ORDER BY status) FROM (SELECT status, $$ $$ || count(*) AS n FROM ideamine.jobs GROUP BY 1) s'),
	'pending 100 running 80 completed 100 cancelled 20', 'there are jobs in every state');

# ---- some wake up in time to be told -------------------------------------------------------------

my @in_time = @frozen[ 0 .. 5 ];
my @too_late = @frozen[ 6 .. 11 ];
signal_worker('CONT', $_) for @in_time;
for my $worker (@in_time)
{
	my $timeout = IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default);
	$timeout->start;
	until ((() = $worker->{out} =~ /^stop/mg) >= $jobs_each || $timeout->is_expired)
	{
		last if !$worker->{run}->pump;
	}
}
# two heartbeats more, which have nothing to tell
$node->safe_psql('postgres', 'SELECT pg_sleep(0.5)');
for my $worker (@in_time)
{
	signal_worker('INT', $worker);
	$worker->{run}->finish;
	my %told = $worker->{out} =~ /^stop\|(.*)\|(.*)\|lease lost$/mg;
	is_deeply(\%told, $worker->{leases}, 'a worker that wakes up is told which jobs to stop');
	my $times = () = $worker->{out} =~ /^stop/mg;
	is($times, $jobs_each, 'each of them once');
}

# ---- the others have been given up ---------------------------------------------------------------

becomes_true(qq{6 = (SELECT count(*) FROM ideamine.workers WHERE status = 'failed' AND worker_id IN (}
	  . join(', ', map { "'$_->{id}'" } @too_late) . '))', 'workers that stay frozen are given up');
signal_worker('CONT', $_) for @too_late;
for my $worker (@too_late)
{
	$worker->{run}->finish;
	like($worker->{err}, qr/ERROR:  ID410: worker .* is failed/, 'a worker that wakes up too late is told to register anew');
}

# ---- what they report is refused -----------------------------------------------------------------

my $before = content();
my $result = answers(start_stale_calls($stale_calls, %lost));
is_deeply($result, { calls => $stale_calls, refused => $stale_calls * 4 / 5, answered => $stale_calls / 5, stale => $stale_calls / 5 },
	"$stale_calls stale calls: each is refused, or answered by \"stale\"");
is_deeply(content(), $before, 'none of them has written a row');
is($node->safe_psql('postgres', 'SELECT count(*) FROM effects'), $stale_calls / 5,
	'what was written together with a call that was refused is undone');

# The same while the jobs are being completed, where a fence that looked first and wrote later would let some through.
my $second = start_worker(4 * $jobs_each, '1 hour');
my %live = (%{ $second->{leases} }, map { $_ => $living->{leases}{$_} } @taken[ @taken / 2 + 20 .. $#taken ]);
my %lost_again = map { $_ => $lost{$_} } keys %live;
is(scalar keys %live, 180, 'what is left is held again');
my @jobs = sort keys %live;
my $process = start_stale_calls($stale_calls, %lost_again);
while (my @some = splice @jobs, 0, 6)
{
	is(complete(map { $_ => $live{$_} } @some), 'ok', 'live leases complete their jobs meanwhile');
}
is_deeply(answers($process), $result, "$stale_calls stale calls beside that: the same answers");

my %expected = (%to_complete, %live);
my %completed = map { split /\|/ } split /\n/, $node->safe_psql('postgres',
	q{SELECT job_id, epoch FROM ideamine.job_executions WHERE outcome = 'completed'});
is_deeply(\%completed, \%expected, 'every job was completed by the lease that was live');
is($node->safe_psql('postgres', q{SELECT count(*) - count(DISTINCT job_id) FROM ideamine.job_executions WHERE outcome = 'completed'}),
	'0', 'and once');
is($node->safe_psql('postgres', q{SELECT count(*) FROM ideamine.jobs WHERE result = '"stale"' OR checkpoint = '"stale"' OR last_error = 'stale'}),
	'0', 'nothing of what stale calls brought is anywhere');

for my $worker ($living, $second)
{
	signal_worker('INT', $worker);
	$worker->{run}->finish;
}

# ---- frozen in the middle of a report ------------------------------------------------------------

create_jobs(2);
my $reporting = start_psql(<<'SQL');
SELECT ideamine.register_worker('reporting') AS worker \gset
SELECT job_id, epoch FROM ideamine.acquire_jobs(:'worker', 1, '1 s') \gset
BEGIN;
SELECT ideamine.complete_job('acme', :'job_id', :epoch, '"in time"');
\echo worker :worker
SQL
$reporting->{run}->pump until $reporting->{out} =~ /^worker (.*)$/m;
my $id = $1;
signal_worker('STOP', $reporting);
my $silent = $node->safe_psql('postgres', q{
	SELECT ideamine.register_worker('silent') AS worker \gset
	SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 1, '1 day') \g /dev/null
	SELECT :'worker'});
becomes_true(qq{(SELECT status = 'failed' FROM ideamine.workers WHERE worker_id = '$id')},
	'a worker that froze while it reported is given up');
becomes_true(qq{(SELECT status = 'failed' FROM ideamine.workers WHERE worker_id = '$silent')
	AND NOT EXISTS (SELECT FROM ideamine.jobs WHERE worker_id = '$silent' AND status = 'running')},
	'its open transaction does not keep the sweep from others');
is($node->safe_psql('postgres', q{
	SELECT count(*) FROM ideamine.acquire_jobs(ideamine.register_worker('idle'), 10)}), '1',
	'the job of its report is not given to others');
signal_worker('CONT', $reporting);
$reporting->{in} .= "COMMIT;\n";
$reporting->{run}->finish;
is($node->safe_psql('postgres', q{SELECT result FROM ideamine.jobs WHERE worker_id = '} . $id . q{'}), '"in time"',
	'and its report counts, because nobody else had the job');

is_consistent($node, 'postgres', 'the tables are consistent');

$node->stop;
done_testing();
