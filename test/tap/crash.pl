# The server is killed under load, again and again: what it had acknowledged is there afterwards, and nothing is
# completed twice.
use strict;
use warnings;

use Acknowledged qw(nothing_is_lost);
use Invariants qw(is_consistent);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cycles = $ENV{IDEAMINE_CRASH_CYCLES} // 10;
my $replay = $ENV{REPLAY};
plan skip_all => 'REPLAY does not name the program replay' unless $replay;

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
# Durable as in production, where the tests' defaults would not be.
$node->append_conf('postgresql.conf', qq{
shared_preload_libraries = 'ideamine'
ideamine.databases = 'postgres'
fsync = on
full_page_writes = on
log_min_messages = warning
restart_after_crash = off
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ideamine');

my $ack_log = $node->basedir . '/acknowledged';
my $jobs = 600 + 300 * $cycles;
my ($out, $err) = ('', '');
my $run = IPC::Run::start(
	[ $replay, '--dsn', $node->connstr('postgres'), '--jobs', $jobs, '--speed', '4', '--reconnect',
		'--ack-log', $ack_log, '--quiet', '--timeout', 300 + 30 * $cycles ],
	'<', \undef, '>', \$out, '2>', \$err);

# After a kill, orphans may still hold the shared memory for a moment.
sub start_again
{
	for (1 .. 60)
	{
		return 1 if $node->start(fail_ok => 1);
		# it may have been too slow for the attempt, and run all the same
		$node->stop('fast', fail_ok => 1);
		sleep 1;
	}
	return 0;
}

my $in_flight = 0;
for my $cycle (1 .. $cycles)
{
	my $before = $node->safe_psql('postgres',
		q{SELECT count(*) FROM ideamine.job_executions WHERE outcome = 'completed'});
	$node->poll_query_until('postgres', qq{
		SELECT (SELECT count(*) FROM ideamine.job_executions WHERE outcome = 'completed') > $before + 20
		   AND EXISTS (SELECT FROM ideamine.jobs WHERE status = 'running')
	}) or diag("nothing is under way before kill $cycle");
	$in_flight += $node->safe_psql('postgres', q{SELECT count(*) > 0 FROM ideamine.jobs WHERE status = 'running'}) eq 't';
	$node->kill9;
	ok(start_again(), "the server recovers from kill $cycle");
}
is($in_flight, $cycles, 'each kill hit work in flight');

$run->finish;
is($run->result(0), 0, 'replay finds every job done exactly once and in order') or diag($out, $err);

nothing_is_lost($node, 'postgres', $ack_log);
is_consistent($node, 'postgres');
cmp_ok($node->safe_psql('postgres', 'SELECT incarnation FROM ideamine_internal.incarnation'), '>=', $cycles + 1,
	'each start is a new incarnation');

$node->stop;
done_testing();
