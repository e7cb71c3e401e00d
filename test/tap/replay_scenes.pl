# The scenes of replay: jobs give way where the platform is too small, and a budget runs through its thresholds and is raised. What
# they show is judged by replay; whoever meddles is found out.
use strict;
use warnings;

use IPC::Run qw(run start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $replay = $ENV{REPLAY};
plan skip_all => 'REPLAY does not name the program replay' unless $replay;

my $node = PostgreSQL::Test::Cluster->new('scenes');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'ideamine'
ideamine.databases = 'postgres'
ideamine.restore_quiet_period = 0
log_statement = none
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ideamine');

sub command_of { return ($replay, '--dsn', $node->connstr('postgres'), '--quiet', @_); }

# The worker has found the extension.
ok($node->poll_query_until('postgres', q{
	SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker' AND state = 'idle'
		AND query <> '')}), 'the worker is there');

for my $scene (qw(pressure budget))
{
	my ($out, $err) = ('', '');
	ok(run([ command_of("--$scene") ], '>', \$out, '2>', \$err), "$scene: replay is content") or diag($out, $err);
	like($out, qr/verdict: good/, "$scene: it says so");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM ideamine.platform_capacity'), 0, 'the capacity is what it was before');
is($node->safe_psql('postgres', q{SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok'}), 0, 'counters are the sums of their rows');

# Money that no worker reported.
my ($out, $err) = ('', '');
my $meddled = start([ command_of('--budget', '--label', 'meddled') ], '>', \$out, '2>', \$err);
ok($node->poll_query_until('postgres', q{SELECT EXISTS (SELECT FROM ideamine.cost_events WHERE tenant_id LIKE 'meddled%')}), 'jobs spend');
$node->safe_psql('postgres', q{SELECT FROM ideamine.budgets b,
	ideamine.record_cost(b.tenant_id, 0.000000001, run => b.scope_id::uuid) WHERE b.tenant_id LIKE 'meddled%'});
$meddled->finish;
is($meddled->result(0), 1, 'a nano-dollar too much is found');
like($out, qr/BAD  what is spent is what workers reported/, 'and named');

$node->stop;
done_testing();
