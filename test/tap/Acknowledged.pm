# What replay wrote down of the server's answers, compared with the database.
package Acknowledged;

use strict;
use warnings;

use Exporter qw(import);
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT_OK = qw(nothing_is_lost);

# Some tests: every job and every completion in the file is in the database, and none is completed twice.
sub nothing_is_lost
{
	my ($node, $database, $file) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $answers = slurp_file($file);
	my $id = qr/[0-9a-f-]{36}/;
	my @created = $answers =~ /^created \d+ ($id)$/mg;
	my %completed = $answers =~ /^completed ($id) (\d+)$/mg;
	cmp_ok(scalar keys %completed, '>', 100, 'completions were acknowledged');

	my %jobs = map { $_ => 1 } split /\n/, $node->safe_psql($database, 'SELECT job_id FROM ideamine.v_jobs');
	is(scalar(grep { !$jobs{$_} } @created), 0, 'no acknowledged job is lost');

	my %epochs = map { split /\|/ } split /\n/, $node->safe_psql($database,
		q{SELECT job_id, epoch FROM ideamine.job_executions WHERE outcome = 'completed'});
	is(scalar(grep { ($epochs{$_} // '') ne $completed{$_} } keys %completed), 0,
		'no acknowledged completion is lost, and each is by the lease that was acknowledged');
	is($node->safe_psql($database, q{
		SELECT count(*) FROM (
			SELECT FROM ideamine.job_executions WHERE outcome = 'completed' GROUP BY job_id HAVING count(*) > 1) twice}),
		'0', 'no job is completed twice');
	return;
}

1;
