# Statements are planned once in a session, perhaps while tables are empty. None of them may then look for rows of a large table by a
# part of a key that many rows share, or walk through the table.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node);
use Test::More;

my $node = new_node('plans', conf => <<'CONF');
session_preload_libraries = 'auto_explain'
auto_explain.log_nested_statements = on
autovacuum = off
CONF

# All that pg_regress calls; what it answers is looked at there.
my @files = sort glob 'test/sql/{jobs,workers,queues,idempotency,budget,priority}_*.sql';
cmp_ok(scalar @files, '>', 15, 'there is something to plan');
for my $file (@files)
{
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS planned');
	$node->safe_psql('postgres', 'CREATE DATABASE planned');
	$node->safe_psql('planned', 'CREATE EXTENSION ideamine');
	local $ENV{PGOPTIONS} = '-c auto_explain.log_min_duration=0';
	IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('planned'), '-f', $file ], '>', \my $out, '2>', \my $err);
}
$node->stop;

# By which an index has to be searched, if it is searched at all.
my %first_column = (
	jobs_pkey => qr/job_id/, job_dependencies_pkey => qr/job_id/, job_dependencies_depends_on => qr/depends_on/,
	ended_attempts_pkey => qr/job_id/, dead_letter_queue_pkey => qr/job_id/, jobs_votes => qr/quorum_of/,
	preemption_history_pkey => qr/job_id/, preemption_history_by_resource => qr/resource_type/,
	cost_rollups_pkey => qr/tenant_id/, cost_rollups_by_run => qr/run_id/, cost_rollups_by_project => qr/project_id/,
);
# The ranges that are read on purpose: retention goes through the oldest jobs, and what has ended is looked for in their order.
my $ranges = qr/^\((job_id < \$2|\(job_id >= \$[12]\) AND \(job_id < \$[23]\))\)$/;
# The statements that walk through the table on purpose: to load what lives into memory, to find what runs where memory does not know,
# to pause a queue, to list what is next and to count who is ahead.
my $walks = qr/j\.status = 'running' AND j\.started_at <= \$1|worker_id = \$1 OR \$1 IS NULL|SET status = 'paused'|AS runnable|AS ahead/;

# A statement of ours has parameters, which those of a test have not.
my (%faults, $statement, $scan);
my $plans = 0;
open my $log, '<', $node->logfile or die;
while (<$log>)
{
	if (/^\tQuery Text: (.*ideamine\..*\$1.*)/)
	{
		$statement = $1 =~ $walks ? undef : $1;
		$plans++;
	}
	next unless $statement;
	$statement = undef, next unless /^\t/;
	$faults{"a walk through $1: $statement"}++ if /Seq Scan on (jobs|job_history_\d+|job_dependencies|ended_attempts|dead_letter_queue|cost_rollups|preemption_history)\b/;
	if (defined $scan)
	{
		my $condition = /Index Cond: (.*)/ ? $1 : '';
		$faults{"$scan by $condition: $statement"}++ if $condition !~ /$first_column{$scan} = / && $condition !~ $ranges;
		$scan = undef;
	}
	$scan = $1 if /Index (?:Only )?Scan (?:Backward )?using (\w+) on / && $first_column{$1};
}
cmp_ok($plans, '>', 1000, 'plans were looked at');
is(join("\n", sort keys %faults), '', 'rows are looked up by key');

done_testing();
