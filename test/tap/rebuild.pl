# A server with a long backlog is killed: the first who asks has what may run read from the table again, while others go on. Nothing
# is handed out twice, what is running stays with its worker, and the order is that of before. So it is where there is far too
# little memory.
#
#   IDEAMINE_REBUILD_JOBS=5000000 TAP=rebuild scripts/check tap
use strict;
use warnings;

use Chaos qw(kill_all);
use Invariants qw(is_consistent);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node start_again);
use Test::More;
use Time::HiRes qw(time);

my $jobs = $ENV{IDEAMINE_REBUILD_JOBS} // 200_000;
my $node = new_node('rebuild', conf => 'ideamine.dispatch_memory = ' . (64 + int($jobs / 5000)) . "MB\nideamine.worker_timeout = 1d\n"
	  . "ideamine.lease_duration = 1d\nrestart_after_crash = off\nmax_wal_size = 4GB\n");
sub sql { return $node->safe_psql('postgres', @_); }
sql(q{CREATE UNLOGGED TABLE given (n bigserial, session text, job_id uuid, tenant_id text)});
my $into_given = 'INSERT INTO given (session, job_id, tenant_id) SELECT';

# So many jobs of each tenant and class, which became ready in another order than the one in which they stand in the table. Nothing but
# workers limits how many may run.
sub create
{
	my ($count, @tenants) = @_;
	for my $tenant (@tenants)
	{
		sql("SELECT ideamine.set_quotas('$tenant', tier => 'enterprise')");
		for my $class (qw(P3 P1))
		{
			for (my $left = $count; $left > 0; $left -= 50_000)
			{
				sql("SELECT count(*) FROM ideamine.create_jobs('$tenant', (SELECT jsonb_agg(jsonb_build_object("
					  . "'job_type', 'load', 'priority_class', '$class')) FROM generate_series(1, least($left, 50000))))");
			}
		}
	}
	sql(q{UPDATE ideamine.jobs SET ready_at = ready_at - abs(hashtext(job_id::text) % 10000) * interval '1 second'});
	return;
}

# Sessions take what there is until nothing is left, or until one of them got nothing for long; they write down in which
# order it came, and complete it if they are told so. Returns the seconds that it took.
sub take_all
{
	my (%options) = (sessions => 3, @_);
	my $patience = 20 * $PostgreSQL::Test::Utils::timeout_default;
	my $begin = time;
	my $end = $options{complete} ? q{SELECT count(*) FROM ideamine.complete_jobs((SELECT coalesce(jsonb_agg(jsonb_build_object(
			'tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch)), '[]') FROM taken))} : 'SELECT count(*) FROM taken';
	my @sessions = map {
		IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', qq{DO \$\$
			DECLARE
				worker uuid := ideamine.register_worker('any');
				got bigint;
				patience integer := $patience;
			BEGIN
				WHILE patience > 0 LOOP
					WITH taken AS MATERIALIZED (SELECT * FROM ideamine.acquire_jobs(worker, 1000)),
						given AS ($into_given '$_', job_id, tenant_id FROM taken) $end INTO got;
					COMMIT;
					EXIT WHEN got = 0 AND NOT EXISTS (SELECT FROM ideamine.jobs WHERE status = 'pending');
					patience := CASE WHEN got = 0 THEN patience - 1 ELSE $patience END;
					PERFORM pg_sleep(0.05) WHERE got = 0;
				END LOOP;
			END \$\$} ])
	} 1 .. $options{sessions};
	$_->finish or die 'a session failed' for @sessions;
	return time - $begin;
}

# How often a session was given something that became ready before what it was given before that. What is created just before loading
# begins waits for its end, unlike what is created after that: whoever creates meanwhile may see a few of them change places.
sub out_of_order
{
	return sql(q{SELECT count(*) FROM (
		SELECT j.ready_at < lag(j.ready_at) OVER (PARTITION BY g.session, g.tenant_id, j.priority_class ORDER BY g.n) AS is_late
		FROM given g JOIN ideamine.jobs j USING (job_id) WHERE g.session <> 'busy') AS o WHERE is_late});
}

sub crash
{
	kill_all($node);
	ok(start_again($node), 'the server recovers');
	return;
}

# ---- a long backlog -------------------------------------------------------------------------------

my $held = 1000;
create($jobs / 2, 'long');
sql(q{SELECT ideamine.create_tenant('busy')});
my $holder = sql(q{SELECT ideamine.register_worker('holder')});
sql('SELECT ideamine.reload_dispatch()');
sql(qq{CREATE TABLE held AS SELECT job_id, epoch FROM ideamine.acquire_jobs('$holder', $held, '1 hour')});
crash();

my $worker = sql(q{SELECT ideamine.register_worker('first')});
my $busy_worker = sql(q{SELECT ideamine.register_worker('busy', tenants => '{busy}')});
my $first = $node->background_psql('postgres');
my $busy = $node->background_psql('postgres');

# Somebody else creates jobs and gets them until the first one has an answer. Returns the seconds that this took, and how many those
# jobs were. What was created just before waits as the others do.
sub ask_first
{
	my ($meanwhile, $begin) = (0, time);
	my $given = sql(q{SELECT count(*) FROM given WHERE session = 'first'});
	$first->query_until(qr/asked/, "\\echo asked\nDO \$\$ BEGIN LOOP $into_given 'first', job_id, tenant_id"
		  . " FROM ideamine.acquire_jobs('$worker', 10); EXIT WHEN FOUND; COMMIT; END LOOP; END \$\$;\n");
	for (;;)
	{
		$busy->query_safe(q{SELECT count(*) FROM ideamine.create_job('busy', 'urgent')});
		my $got = $busy->query_safe("WITH g AS ($into_given 'busy', job_id, tenant_id FROM ideamine.acquire_jobs('$busy_worker', 10) RETURNING n)"
			  . ' SELECT count(*) FROM g');
		last if $busy->query_safe(q{SELECT count(*) FROM given WHERE session = 'first'}) > $given;
		$meanwhile += $got;
	}
	my $seconds = time - $begin;
	$first->query_safe('SELECT 1');
	return ($seconds, $meanwhile);
}
my ($seconds, $meanwhile) = ask_first();
note(sprintf('the first answer came after %.2f s, when %d jobs had been loaded; others did %d meanwhile', $seconds, $jobs - $held, $meanwhile));
for (1 .. 50)
{
	last if $meanwhile > 0;
	sql('SELECT ideamine.reload_dispatch()');
	(undef, $meanwhile) = ask_first();
}
cmp_ok($meanwhile, '>', 0, 'while what may run is loaded others create jobs and get them');
$_->quit for $first, $busy;

note(sprintf('all the rest was handed out and completed in %.1f s', take_all(complete => 1)));
is(sql(q{SELECT count(*) - count(DISTINCT job_id) FROM given}), '0', 'nothing was handed out twice');
is(sql(q{SELECT count(*) FROM given}), sql('SELECT count(*) FROM ideamine.jobs') - $held, 'and everything once');
is(out_of_order(), '0', 'in the order in which it became ready');
is(sql(qq{SELECT count(*) FROM held h JOIN ideamine.jobs j USING (job_id, epoch) WHERE j.status = 'running' AND j.worker_id = '$holder'}),
	$held, 'what was running has the lease that it had');
is(sql(q{SELECT string_agg(DISTINCT answer, ' ') FROM ideamine.complete_jobs((
		SELECT jsonb_agg(jsonb_build_object('tenant_id', 'long', 'job_id', job_id, 'epoch', epoch)) FROM (SELECT * FROM held LIMIT 100) AS h))}),
	'ok', 'and can be completed under it');
is(sql(qq{SELECT count(*) FROM ideamine.expire_leases(now() + interval '2 hours') WHERE worker_id = '$holder'}), $held - 100,
	'until it has run out');
take_all();
is(sql(q{SELECT count(*) FROM given JOIN held USING (job_id)}), $held - 100, 'then it is handed out again');
is(sql('SELECT ideamine.reconcile_dispatch()'), '0', 'nothing is missing in memory');
is_consistent($node, 'postgres');

# ---- far too little memory ------------------------------------------------------------------------

# What a process has got of the system, and how many segments of shared memory beside the server's own it sees.
sub private_megabytes { my ($pid) = @_; return slurp_file("/proc/$pid/status") =~ /^RssAnon:\s+(\d+) kB/m ? $1 / 1024 : die 'no RssAnon'; }
sub segments { my ($pid) = @_; return scalar(() = slurp_file("/proc/$pid/maps") =~ m{/PostgreSQL\.\d+}g); }

my $few = $jobs < 120_000 ? $jobs : 120_000;  # a seventh of it fits
sub begin_anew
{
	my ($count) = @_;
	sql(q{TRUNCATE ideamine.jobs, ideamine.job_dependencies, ideamine.ended_attempts, given});
	$node->adjust_conf('postgresql.conf', 'ideamine.dispatch_memory', '1MB');
	$node->restart;
	create($count / 6, qw(acme bolt core));
	return;
}
begin_anew($few);
crash();
$worker = sql(q{SELECT ideamine.register_worker('first')});
$first = $node->background_psql('postgres');
my $pid = $first->query_safe("SELECT pg_backend_pid()");
my ($megabytes_before, $segments_before) = (private_megabytes($pid), segments($pid));
my $begin = time;
$first->query_safe("$into_given 'first', job_id, tenant_id FROM ideamine.acquire_jobs('$worker', 10)");
note(sprintf('in 1 MB the first answer came after %.2f s, and its session took %.1f MB', time - $begin, private_megabytes($pid) - $megabytes_before));
is(sql(q{SELECT allocated_size / 1024 FROM pg_shmem_allocations WHERE name = 'ideamine jobs that may run'}), 1024,
	'shared memory is what was set aside');
is(segments($pid), $segments_before, 'and none was added');
$first->quit;
note(sprintf('all the rest was handed out and completed in %.1f s', take_all(sessions => 1, complete => 1)));
is(sql(q{SELECT count(*), count(DISTINCT job_id) FROM given}), "$few|$few", 'all that did not fit was handed out, each job once');
is(out_of_order(), '0', 'within a tenant and a class in the order in which it became ready');
is(sql('SELECT ideamine.reconcile_dispatch()'), '0', 'nothing is missing in memory');
is_consistent($node, 'postgres');

# Somebody holds so many jobs that their leases do not fit either.
begin_anew($few);
$holder = sql(q{SELECT ideamine.register_worker('holder')});
sql(qq{SELECT count(*) FROM ideamine.acquire_jobs('$holder', $held)}) for 1 .. 5;
take_all(complete => 1);
is(sql(q{SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'running') FROM ideamine.jobs}), '0|' . 5 * $held,
	'several sessions get all the rest');

# Memory that was full is as good as new: round after round everything is handed out, and what was taken is free again.
begin_anew(0);
my @left;
for my $round (1 .. 5)
{
	sql(q{DO $$ BEGIN FOR i IN 1..20000 LOOP PERFORM ideamine.create_job('acme', 'round'); COMMIT; END LOOP; END $$});
	take_all(complete => 1);
	push @left, sql(q{SELECT bytes_in_use, (SELECT count(*) FROM ideamine.jobs WHERE status = 'pending') FROM ideamine.get_dispatch_memory()});
}
is_deeply(\@left, [ ($left[0]) x 5 ], 'each time as much memory is in use as after the first time');
like($left[0], qr/\|0$/, 'and nothing is left over');

$node->stop;
done_testing();
