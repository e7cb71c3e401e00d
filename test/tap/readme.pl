# What the README promises: its tour runs, and its table of settings is true.
use strict;
use warnings;

use File::Basename;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $readme = slurp_file(dirname(__FILE__) . '/../../README.md');

my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'ideamine'\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ideamine');

my @statements = $readme =~ /^```sql\n(.*?)^```$/msg;
cmp_ok(scalar @statements, '>=', 8, 'the tour has statements');

my ($out, $err) = ('', '');
my $status = $node->psql('postgres', join("\n", @statements),
	on_error_stop => 1, stdout => \$out, stderr => \$err);
is($status, 0, 'the tour runs from its first statement to its last') or diag($err);
like($out, qr/^fetch_page\|1$/m, 'the worker gets the job that waits for nothing');
like($out, qr/^pending\|5$/m, 'a failed attempt is tried again');
like($out, qr/^completed\|\{"summary": "an example"\}\|2\|\["failed", "completed"\]$/m,
	'the second attempt completes it');
like($out, qr/^summarise\|completed\|t$/m, 'and is history then, where it is found');
like($err, qr/stale lease on job/, 'a lease that has ended is refused');
like($out, qr/^t\|f$/m, 'a user has its role, and another none');
like($out, qr/^acme$/m, 'a login that is bound sees its own tenant');
like($out, qr/^crawl\|1\|\{"page": 12\}$/m, 'a job that gave way goes on from its checkpoint, with its attempt');
like($out, qr/^gpu-85\|1\|preempted\|P3$/m, 'a job gives way by a policy');
like($out, qr/^globex\|\{"gpu": 1\}$/m, 'its room is held');
like($out, qr/^answer$/m, 'and the job for which it did runs');
like($out, qr/^1\|0\.1325\|0\|13\.25\|warn_at$/m, 'money is counted exactly, and once');
like($err, qr/tenant "globex" is not among those of this login/, 'and works for no other');

my %documented = $readme =~ /^\| `(ideamine\.\w+)` \| (?:`?)([^|`]+?)(?:`?) \|/mg;
my %actual = map { split /\|/, $_, 2 } split /\n/, $node->safe_psql('postgres', q{
	LOAD 'ideamine';
	SELECT name, CASE WHEN reset_val = '' THEN 'empty' ELSE current_setting(name) END
	FROM pg_settings WHERE name LIKE 'ideamine.%'});
is_deeply(\%documented, \%actual, 'the table of settings has all of them, with their defaults');

$node->stop;
done_testing();
