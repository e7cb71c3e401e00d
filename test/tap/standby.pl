# A standby takes over under load: what was acknowledged is there, work goes on, and every lease that it hands out is
# newer than those of the lost primary, whether it has heard of them or not.
use strict;
use warnings;

use Acknowledged qw(nothing_is_lost);
use Invariants qw(is_consistent);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $replay = $ENV{REPLAY};
plan skip_all => 'REPLAY does not name the program replay' unless $replay;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
$primary->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'ideamine'
ideamine.databases = 'postgres'
log_min_messages = warning
restart_after_crash = off
CONF
$primary->start;
$primary->safe_psql('postgres', 'CREATE EXTENSION ideamine');
$primary->backup('base');

sub standby
{
	my ($name) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init_from_backup($primary, 'base', has_streaming => 1);
	return $node;
}

sub incarnation
{
	my ($node) = @_;
	return $node->safe_psql('postgres', 'SELECT max(incarnation) FROM ideamine_internal.incarnation');
}

# Where a transaction that was answered is on the standby as well.
my $standby = standby('standby');
$standby->start;
$primary->safe_psql('postgres', q{ALTER SYSTEM SET synchronous_standby_names = 'standby'});
$primary->reload;
$primary->poll_query_until('postgres', q{SELECT bool_or(sync_state = 'sync') FROM pg_stat_replication});

my $ack_log = $primary->basedir . '/acknowledged';
my $either = join ' ', 'host=' . join(',', map { $_->host } $primary, $standby),
  'port=' . join(',', map { $_->port } $primary, $standby), 'dbname=postgres target_session_attrs=read-write';
my ($out, $err) = ('', '');
my $run = IPC::Run::start(
	[ $replay, '--dsn', $either, '--jobs', 2000, '--speed', '4', '--reconnect',
		'--ack-log', $ack_log, '--quiet', '--timeout', '300' ],
	'<', \undef, '>', \$out, '2>', \$err);
$primary->poll_query_until('postgres', q{
	SELECT (SELECT count(*) > 300 FROM ideamine.job_executions WHERE outcome = 'completed')
	   AND EXISTS (SELECT FROM ideamine.jobs WHERE status = 'running')})
  or diag('nothing is under way before the promotion');

my $of_the_primary = incarnation($primary);
$primary->kill9;
$standby->promote;
$run->finish;
is($run->result(0), 0, 'replay finds every job done exactly once and in order') or diag($out, $err);
nothing_is_lost($standby, 'postgres', $ack_log);
is_consistent($standby, 'postgres');
cmp_ok(incarnation($standby), '>', $of_the_primary, 'the standby hands out leases of a new incarnation');
$standby->stop;

# A primary that restarts and hands out leases after its standby has lost touch.
$primary->start;
$primary->safe_psql('postgres', q{ALTER SYSTEM SET synchronous_standby_names = ''});
$primary->reload;
$primary->safe_psql('postgres', q{
	TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, ideamine.dead_letter_queue;
	SELECT ideamine.create_tenant('acme');
	SELECT ideamine.create_job('acme', 'leased twice')});
$primary->backup('behind');
my $behind = PostgreSQL::Test::Cluster->new('behind');
$behind->init_from_backup($primary, 'behind', has_streaming => 1);

sub lease
{
	my ($node) = @_;
	return $node->safe_psql('postgres',
		q{SELECT epoch FROM ideamine.acquire_jobs(ideamine.register_worker('worker'), 1) WHERE job_type = 'leased twice'});
}

my $epoch;
for (1 .. 3)
{
	$primary->restart;
	$epoch = lease($primary);
	$primary->safe_psql('postgres', q{SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs}) if $_ < 3;
}
$of_the_primary = incarnation($primary);
$primary->kill9;
$behind->start;
cmp_ok(incarnation($behind), '<', $of_the_primary, 'a standby has lost touch');
$behind->promote;
cmp_ok(lease($behind), '>', $epoch, 'and yet it hands out a newer lease of the same job');
cmp_ok(incarnation($behind), '>', $of_the_primary, 'of a newer incarnation');
my ($status, undef, $error) = $behind->psql('postgres',
	"SELECT ideamine.complete_job(tenant_id, job_id, $epoch) FROM ideamine.jobs");
like($error, qr/stale lease/, 'the one of the lost primary is refused');

# The next start of a server that knows all of its own past is one more.
my $before = incarnation($behind);
$behind->safe_psql('postgres', q{SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs});
$behind->restart;
lease($behind);
is(incarnation($behind), $before + 1, 'a restart is one incarnation more');

# A table of jobs without what else there was.
$behind->safe_psql('postgres', q{SELECT ideamine.release_job(tenant_id, job_id, epoch) FROM ideamine.jobs});
$behind->stop;
$behind->start;
$behind->safe_psql('postgres', 'DELETE FROM ideamine_internal.incarnation');
my $latest = $behind->safe_psql('postgres', 'SELECT max(epoch) FROM ideamine.jobs');
cmp_ok(lease($behind), '>', $latest, 'jobs that came without their incarnation get a newer one');
is_consistent($behind, 'postgres');

$behind->stop;
done_testing();
