# Many clients take quota, give it back and record it, for tenants, users and running jobs, in transactions of every isolation level that end in every way
# there is: counters never pass their limits, neither do the rows, and in the end both say the same.
#
#   IDEAMINE_STORM_SEEDS=100 TAP=quota_storm scripts/check tap
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seeds = $ENV{IDEAMINE_STORM_SEEDS} // 10;
my $first = $ENV{IDEAMINE_STORM_FIRST_SEED} // 1;
my $storm = $ENV{QUOTA_STORM};
plan skip_all => 'QUOTA_STORM does not name the program quota_storm' unless $storm;

my $node = PostgreSQL::Test::Cluster->new('storm');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
# no worker: the partition of the day is made by whoever comes first
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'ideamine'\nmax_connections = 80\n"
	. "log_statement = none\nlog_min_messages = warning\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION ideamine');

for my $seed ($first .. $first + $seeds - 1)
{
	my ($out, $err) = ('', '');
	IPC::Run::run([ $storm, '--dsn', $node->connstr('postgres'), '--seed', $seed ], '>', \$out, '2>', \$err);
	is($? >> 8, 0, "seed $seed: nothing passed a limit, and counters are the sums of their rows")
	  or diag("$out$err");
	note($out);
	like($out, qr/ \d\d+ allowed;.* \d+ committed;.* \d+ leased;.* \d+ refused;.* \d+ terminated;.* \d+ vanished;/,
		'all of it has happened');
}

# The log knows of nothing that should not be.
my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|server process .* was terminated|TRAP/, 'no server process has crashed');
# what is cancelled while it commits has ended before ROLLBACK
unlike($log, qr/WARNING:  (?!there is no transaction)/, 'nothing was warned of');

$node->stop;
done_testing();
