# Acquiring and completing a job writes no index, whatever holds back vacuum: a page has room for all versions of its rows.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node);
use Test::More;

my $node = new_node('row_versions', conf => "autovacuum = off\n");
sub sql { return $node->safe_psql('postgres', @_); }
sql(q{SELECT ideamine.create_tenant('acme')});
my $worker = sql(q{SELECT ideamine.register_worker('any')});

my $forgotten = $node->background_psql('postgres');
$forgotten->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM ideamine.jobs');
my $jobs = 2000;
my $updates = 0;
for my $length (0, 100, 500, 1500)
{
	sql(qq{SELECT count(*) FROM ideamine.create_jobs('acme', (SELECT jsonb_agg(jsonb_build_object('job_type', 'any',
			'payload', jsonb_build_object('text', (SELECT string_agg(md5(i || ' ' || j), '') FROM generate_series(1, $length / 32) AS j))))
			FROM generate_series(1, $jobs) AS i))});
	sql(qq{WITH taken AS MATERIALIZED (SELECT * FROM ideamine.acquire_jobs('$worker', 100))
		SELECT count(*) FROM ideamine.complete_jobs((SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id,
			'epoch', epoch, 'result', jsonb_build_object('input_tokens', 1000, 'output_tokens', 100))) FROM taken))}) for 1 .. $jobs / 100;
	# a session tells of its updates when it has ended
	$updates += 2 * $jobs;
	my $counted = q{FROM pg_stat_user_tables WHERE relid = 'ideamine.jobs'::regclass};
	$node->poll_query_until('postgres', "SELECT n_tup_upd >= $updates $counted");
	is(sql("SELECT n_tup_upd || ' ' || n_tup_hot_upd $counted"), "$updates $updates", "with a payload of $length bytes, of which nothing can be compressed");
}
is(sql(q{SELECT DISTINCT status FROM ideamine.jobs}), 'completed', 'all of them were completed');
$forgotten->quit;

$node->stop;
done_testing();
