# A standby answers checks from its tables and takes nothing; when it is promoted its counters are exact.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node counter error_of counters_are_sums);
use Test::More;

plan skip_all => 'QUOTA_STORM does not name the program quota_storm' unless $ENV{QUOTA_STORM};

my $primary = new_node('primary', streaming => 1, conf => "restart_after_crash = off\n");
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

$primary->safe_psql('postgres', q{
	SELECT ideamine.set_quotas('acme', max_gpus => 8, max_tokens_per_day => 1000, throttle_enabled => false);
	SELECT ideamine.enforce_quota('acme', 'gpu', 3), ideamine.enforce_quota('acme', 'tokens', 700);
	SELECT ideamine.release_quota('acme', 'gpu', 1)});
my $holder = $primary->background_psql('postgres');
$holder->query_safe(q{BEGIN; SELECT ideamine.enforce_quota('acme', 'gpu', 4)});
$primary->wait_for_catchup($standby);

sub on_standby { return $standby->safe_psql('postgres', @_); }
is(on_standby(q{SELECT allowed, current, "limit", remaining FROM ideamine.check_quota('acme', 'gpu', 6)}), 't|2|8|6',
	'a standby answers by what is committed');
is(on_standby(q{SELECT allowed, reason FROM ideamine.check_quota('acme', 'tokens', 301)}), 'f|limit_exceeded',
	'of today as well');
is(on_standby(q{SELECT ideamine.has_quota('acme', 'gpu', 6), ideamine.has_quota('acme', 'gpu', 7)}), 't|f',
	'in short, too');
like(error_of($standby, q{SELECT ideamine.check_quota('nobody', 'gpu', 1)}), qr/^ID404/, 'a tenant that is unknown there is unknown');
for my $call ('enforce_quota', 'release_quota', 'record_usage')
{
	like(error_of($standby, "SELECT ideamine.$call('acme', 'gpu', 1)"), qr/^ID503: .*standby/, "$call is refused there");
}
like(error_of($standby, q{SELECT ideamine.enforce_quotas('acme', '{"gpu": 1}')}), qr/^ID503: .*standby/, 'and enforce_quotas');
like(error_of($standby, q{SELECT ideamine.set_quotas('acme', max_gpus => 9)}), qr/^25006/, 'and changes are, as everywhere');
$primary->safe_psql('postgres', q{SELECT ideamine.set_quotas('acme', max_gpus => 10)});
$primary->wait_for_catchup($standby);
is(on_standby(q{SELECT "limit" FROM ideamine.check_quota('acme', 'gpu', 1)}), '10', 'limits are those of the primary');

# The primary is lost in the middle of a storm; a session on the standby lives through the promotion.
my $session = $standby->background_psql('postgres');
is($session->query_safe(q{SELECT current FROM ideamine.check_quota('acme', 'gpu', 1)}), '2', 'a session asks before');
my ($out, $err) = ('', '');
my $storm = IPC::Run::start([ $ENV{QUOTA_STORM}, '--until-gone', '--transactions', 1_000_000,
	'--dsn', $primary->connstr('postgres') ], '<', \undef, '>', \$out, '2>', \$err);
my $usage = 'SELECT count(*) FROM ideamine.tenant_usage';
$standby->poll_query_until('postgres', "SELECT ($usage) > 500") or diag('nothing is under way before the promotion');
$primary->kill9;
$storm->finish;
is($storm->result(0), 0, 'until then nothing passed a limit') or diag("$out$err");
$standby->promote;
counters_are_sums($standby, 'after the promotion counters are the sums of their rows');
is($session->query_safe(q{SELECT allowed, current FROM ideamine.enforce_quota('acme', 'gpu', 8)}), 't|10',
	'a session from before takes what is left');
is(on_standby(q{SELECT allowed, current FROM ideamine.enforce_quota('acme', 'gpu', 1)}), 'f|10', 'and nobody more than that');
is(on_standby(q{SELECT allowed, current FROM ideamine.enforce_quota('acme', 'tokens', 300)}), 't|1000',
	'what was consumed today counts');
$session->quit;
IPC::Run::run([ $ENV{QUOTA_STORM}, '--transactions', 5, '--dsn', $standby->connstr('postgres') ], '>&', \$out);
is($? >> 8, 0, 'the storm goes on there') or diag($out);

eval { $holder->quit };
$standby->stop;
done_testing();
