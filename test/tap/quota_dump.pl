# A dump gives back all quotas and usage: every counter says the same in the restored database, which goes on.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node counter error_of);
use Test::More;

my $node = new_node('node');
sub in_database { my $database = shift; return $node->safe_psql($database, @_); }

# Rows of three days, of which the first is rolled up and gone, in a partition made by use and in one made by hand.
in_database('postgres', q{
	SELECT ideamine.set_quotas('acme', tier => 'premium', max_gpus => 8, max_cpu_cores => 100.5, max_cost_per_day_usd => 12.000000001,
		max_storage_gb => 'infinity', throttle_threshold => 0.75, burst_percent => 33, burst_seconds => 7, time_zone => 'Asia/Kathmandu');
	SELECT ideamine.create_tenant('of its tier', tier => 'enterprise');
	SELECT ideamine_internal.make_day_partition('tenant_usage', current_date - 1);
	INSERT INTO ideamine_internal.usage_horizon VALUES (true, (current_date - 1)::timestamp AT TIME ZONE 'UTC');
	INSERT INTO ideamine.tenant_usage_rollups VALUES ('acme', 'storage', '-infinity', current_date - 2, 70.000000007, 3);
	INSERT INTO ideamine.tenant_usage VALUES ('acme', 'storage', 5, '-infinity', (current_date - 1)::timestamp AT TIME ZONE 'UTC');
	SELECT ideamine.enforce_quota('acme', 'gpu', 3, gen_random_uuid(), gen_random_uuid());
	SELECT ideamine.enforce_quota('acme', 'cpu', 0.125);
	SELECT ideamine.enforce_quota('acme', 'cost', 0.123456789);
	SELECT ideamine.record_usage('acme', 'storage', 0.000000001);
	SELECT ideamine.record_usage('of its tier', 'tokens', 123456789012345);
	SELECT ideamine.release_quota('acme', 'gpu', 1);
	SELECT ideamine.enforce_quota('acme', 'gpu', 100);
	SELECT ideamine.enforce_quota('acme', 'memory', 300);
	SELECT ideamine.record_violations();
});

my @tables = qw(ideamine.tenants ideamine.tenant_quotas ideamine.tenant_usage ideamine.tenant_usage_rollups
  ideamine_internal.usage_horizon ideamine.quota_violations ideamine.events);

sub rows_of
{
	my ($database) = @_;
	return { map { $_ => in_database($database, "SELECT t::text FROM $_ t ORDER BY 1") } @tables };
}

sub counters_of
{
	my ($database) = @_;
	return in_database($database, q{
		SELECT tenant_id, resource, c.* FROM ideamine.tenants, unnest(enum_range(NULL::ideamine.resource)) AS resource,
			LATERAL ideamine.check_quota(tenant_id, resource::text, 1) AS c ORDER BY 1, 2});
}

# What stands around a partition that was made at run time.
sub partitions_of
{
	my ($database) = @_;
	return in_database($database, q{
		SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), c.relacl, obj_description(c.oid, 'pg_class'),
			(SELECT string_agg(pg_get_indexdef(indexrelid), ',') FROM pg_index WHERE indrelid = c.oid)
		FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'ideamine.tenant_usage'::regclass ORDER BY 1});
}

my $rows = rows_of('postgres');
my $counters = counters_of('postgres');
my $partitions = partitions_of('postgres');
ok($rows->{$_} ne '', "there are rows in $_ to be dumped") for @tables;
is(scalar(split /\n/, $partitions), 2, 'there are two partitions');
like($counters, qr/^acme\|storage\|f\|f\|75\.000000008\|Infinity\|/m, 'a counter has rollups, rows of yesterday and of today; the tenant is throttled');

my $folder = $node->basedir;
my @dump = ('pg_dump', '--file');
$node->command_ok([ @dump, "$folder/plain.sql", $node->connstr('postgres') ], 'pg_dump writes SQL');
$node->command_ok([ @dump, "$folder/custom.dump", '--format=custom', $node->connstr('postgres') ], 'pg_dump writes an archive');
$node->command_ok([ @dump, "$folder/data.sql", '--data-only', $node->connstr('postgres') ], 'pg_dump writes data only');

my @restore = ('psql', '--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--file');
in_database('postgres', "CREATE DATABASE $_") for 'plain', 'custom', 'data';
$node->command_ok([ @restore, "$folder/plain.sql", '--dbname', $node->connstr('plain') ], 'psql restores SQL');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--dbname', $node->connstr('custom'), "$folder/custom.dump" ],
	'pg_restore restores the archive');
in_database('data', q{CREATE EXTENSION ideamine;
	SELECT ideamine_internal.make_day_partition('tenant_usage', current_date - 1), ideamine_internal.make_day_partition('tenant_usage', current_date)});
$node->command_ok([ @restore, "$folder/data.sql", '--dbname', $node->connstr('data') ], 'psql restores data into partitions that are there');

for my $database ('plain', 'custom', 'data')
{
	is_deeply(rows_of($database), $rows, "$database: every row is back");
	is(counters_of($database), $counters, 'every counter says the same');
	is(partitions_of($database), $partitions, 'partitions are as they were');
	is(in_database($database, q{SELECT allowed, current FROM ideamine.enforce_quota('acme', 'gpu', 6, priority_class => 'P0')}), 't|8',
		'what is left can be taken');
	is(in_database($database, q{SELECT allowed FROM ideamine.enforce_quota('acme', 'gpu', 1, priority_class => 'P0')}), 'f', 'and no more');
	is(in_database($database, q{SELECT ideamine.release_quota('acme', 'storage', 1000)}), '75.000000008',
		'what was recorded in any of them can be given back');
	in_database($database, q{SELECT ideamine_internal.make_day_partition('tenant_usage', current_date + 1)});
	in_database($database, 'DROP EXTENSION ideamine');
	is(in_database($database, q{SELECT count(*) FROM pg_class WHERE relname LIKE 'tenant_usage%'}), '0', 'all of it goes with the extension');
}
is(counters_of('postgres'), $counters, 'the source is as it was');

$node->stop;
done_testing();
