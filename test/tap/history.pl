# The background worker moves what has ended to history, whatever is killed meanwhile, and drops what is old enough.
use strict;
use warnings;

use Invariants qw(is_consistent);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('history');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'ideamine'
ideamine.databases = 'postgres'
ideamine.sweep_interval = 50ms
ideamine.history_after = 0
ideamine.restore_quiet_period = 0
restart_after_crash = on
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ideamine');
sub sql { return $node->safe_psql('postgres', @_); }

# Pairs of jobs, each of which fails once, completes, and is waited for by the next.
my $jobs = 4000;
sql(qq{SELECT ideamine.create_tenant('acme');
	SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg(v) FROM generate_series(1, $jobs / 2) AS n,
		LATERAL (VALUES (jsonb_build_object('job_type', 'first ' || n, 'key', 'k' || n, 'retry_base', '0')),
			(jsonb_build_object('job_type', 'second ' || n, 'depends_on', jsonb_build_array('k' || n)))) AS pair (v)))});
my $worker = sql(q{SELECT ideamine.register_worker('test')});
sub work
{
	return sql(qq{
	CREATE TEMP TABLE leased AS SELECT * FROM ideamine.acquire_jobs('$worker', 2000);
	SELECT count(*) FROM leased, LATERAL ideamine.fail_job(tenant_id, job_id, epoch, 'once') WHERE attempt = 1 AND job_type LIKE 'first%';
	SELECT count(*) FROM ideamine.complete_jobs((SELECT coalesce(jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch)), '[]')
		FROM leased WHERE attempt = 2 OR job_type LIKE 'second%')) WHERE answer = 'ok';
	SELECT count(*) FROM leased}) =~ /(\d+)\Z/ ? $1 : 0;
}
my $seen = "SELECT count(*) || ' ' || count(DISTINCT job_id) FROM ideamine.v_jobs";

# ---- kills in the middle of a move ----------------------------------------------------------------

my @points = map { slurp_file($_) =~ /fault_point(?:_without_error)?\("([a-z_.]+)"\)/g } glob "src/jobs/*.cpp";
is("@points", 'history.moved', 'all fault points of jobs are tested here');

sub kill_a_move
{
	my ($way) = @_;
	$node->psql('postgres', "SET ideamine.fault = 'history.moved $way'; SELECT ideamine.move_to_history(now() + interval '1 day')");
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
	return is(sql($seen), "$jobs $jobs", "a move that ends by $way leaves each job once");
}
work();
work();
# the worker rests while others move
sql(q{ALTER SYSTEM SET ideamine.history_after = '1h'; SELECT pg_reload_conf()});
kill_a_move($_) for 'kill 1', 'error 1', 'abort 1';
is_consistent($node, 'postgres', 'the tables are consistent after moves that were not finished');

# ---- the worker -----------------------------------------------------------------------------------

sql(q{ALTER SYSTEM RESET ideamine.history_after; SELECT pg_reload_conf()});
1 while work() > 0;
ok($node->poll_query_until('postgres', q{SELECT NOT EXISTS (SELECT FROM ideamine.jobs)}), 'the worker moves all that has ended');
is(sql($seen), "$jobs $jobs", 'each job is there once');
is(sql(q{SELECT count(*), count(*) FILTER (WHERE status = 'completed'), sum(jsonb_array_length(ended_attempts)), sum(cardinality(depends_on))
	FROM ideamine.job_history}), join('|', $jobs, $jobs, $jobs / 2, $jobs / 2), 'with its attempts and what it waited for');
is(sql('SELECT count(*) FROM ideamine.job_executions'), $jobs * 3 / 2, 'the audit trail is whole');
is_consistent($node, 'postgres', 'the tables are consistent when all is history');

# What is forgotten meanwhile by a snapshot does not keep it from going on.
my $forgotten = $node->background_psql('postgres');
$forgotten->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ideamine.v_jobs');
sql(q{SELECT ideamine.cancel_job('acme', job_id) FROM ideamine.create_job('acme', 'late')});
ok($node->poll_query_until('postgres', q{SELECT NOT EXISTS (SELECT FROM ideamine.jobs)}), 'also while somebody has forgotten a snapshot');
is($forgotten->query_safe(q{SELECT count(*) FROM ideamine.v_jobs}), $jobs, 'who sees what it saw');
$forgotten->quit;

# ---- retention ------------------------------------------------------------------------------------

my $partitions = q{SELECT count(*) FROM pg_inherits WHERE inhparent = 'ideamine.job_history'::regclass};
cmp_ok(sql($partitions), '>=', 1, 'history is in partitions');
is(sql(q{SELECT ideamine.drop_old_history(now() + interval '29 days')}), '0', 'they stay for their time');

# who keeps one locked keeps it, and nothing else
sql(q{SELECT ideamine_internal.make_day_partition('job_history', '2026-01-01'), ideamine_internal.make_day_partition('job_history', '2026-01-02')});
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN; SELECT count(*) FROM ideamine.job_history_20260101');
is(sql(q{SELECT ideamine.drop_old_history('2026-03-01')}), '0', 'what somebody reads is left for another time');
$reader->query_safe('COMMIT');
is(sql(q{SELECT ideamine.drop_old_history('2026-03-01')}), '1', 'and dropped then');
$reader->query_safe('BEGIN; SELECT count(*) FROM ideamine.v_jobs');
is(sql(q{SELECT ideamine.drop_old_history('2026-03-01')}), '0', 'so is the next one while somebody reads all');
$reader->query_safe('COMMIT');
$reader->quit;
is(sql(q{SELECT ideamine.drop_old_history('2026-03-01') FROM generate_series(1, 2)}), "1\n0", 'one at a time');
is(sql(q{SELECT sum(ideamine.drop_old_history('infinity')) > 0 FROM generate_series(1, 3)}), 't', 'the others are dropped when they are old');
is(sql($seen), '0 0', 'with them go their jobs');
is(sql('DROP EXTENSION ideamine; CREATE EXTENSION ideamine; SELECT count(*) FROM ideamine.v_jobs'), '0', 'the extension can be made anew');

my @crashes = slurp_file($node->logfile) =~ /^.*(?:PANIC|TRAP:|by signal (?:6|11)\b|duty "?move_to_history).*$/mg;
is_deeply(\@crashes, [], 'the server has not crashed of itself, and the duty has not failed');
$node->stop;
done_testing();
