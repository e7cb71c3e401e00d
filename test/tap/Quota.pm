# What tests of quotas share.
package Quota;

use strict;
use warnings;

use Exporter qw(import);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT_OK = qw(new_node counter error_of answer_of start_again counters_are_sums);

# A server with the extension in database postgres. No worker joins in.
sub new_node
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(allows_streaming => $options{streaming});
	$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
	$node->append_conf('postgresql.conf', ($options{preload} // 1 ? "shared_preload_libraries = 'ideamine'\n" : '')
		. "timezone = 'UTC'\nmax_connections = 80\nlog_statement = none\nlog_min_messages = warning\n"
		. ($options{conf} // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION ideamine');
	return $node;
}

# What check_quota() says is in use.
sub counter
{
	my ($node, $tenant, $resource, $database) = @_;
	return $node->safe_psql($database // 'postgres',
		"SELECT current FROM ideamine.check_quota('$tenant', '$resource', 1)");
}

# The error that some statements end in, with its SQLSTATE, DETAIL and HINT.
sub error_of
{
	my ($node, $sql, $database) = @_;
	my (undef, undef, $error) = $node->psql($database // 'postgres', $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	$error =~ s/^psql:<stdin>:\d+: ERROR:  //;
	return $error;
}

# What some statements answer, each in a transaction of its own; undef if the last one fails, as when the server is gone, which
# IPC::Run would not survive while it writes to psql.
sub answer_of
{
	my ($node, @statements) = @_;
	my $out = '';
	my $succeeded = IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), map { ('-c', $_) } @statements ],
		'<', '/dev/null', '>', \$out, '2>', \my $ignored, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return $succeeded ? $out : undef;
}

# After a kill, orphans may still hold the shared memory for a moment.
sub start_again
{
	my ($node) = @_;
	# a server that dies while it recovers leaves a startup process, which waits for its checkpointer for a minute
	my $end = time + 300;
	while (time < $end)
	{
		return 1 if $node->start(fail_ok => 1);
		# it may have been too slow for the attempt, and run all the same
		$node->stop('fast', fail_ok => 1);
		sleep 1;
	}
	return 0;
}

# A test: all counters of tenants named storm… are the sums of their rows, to the last digit.
sub counters_are_sums
{
	my ($node, $name, $database) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($out, $err) = ('', '');
	IPC::Run::run([ $ENV{QUOTA_STORM}, '--verify', '--dsn', $node->connstr($database // 'postgres') ], '>', \$out, '2>', \$err);
	is($? >> 8, 0, $name) or diag("$out$err");
	return;
}

1;
