# At every fault point of quotas, under a storm of transactions: a process is killed there, and the server with it; a session is
# ended; a statement is cancelled; others come between. Counters are the sums of their rows each time.
#
#   IDEAMINE_FAULT_POINT=usage.appended TAP=quota_faults scripts/check tap
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Utils;
use Quota qw(new_node answer_of start_again counters_are_sums);
use Test::More;
use Time::HiRes qw(time usleep);

plan skip_all => 'QUOTA_STORM does not name the program quota_storm' unless $ENV{QUOTA_STORM};

my $only = $ENV{IDEAMINE_FAULT_POINT} // '';

# Each with how often a process passes it until something happens.
my %may_fail = (
	'admission.loading' => 2, 'admission.rules_read' => 3, 'admission.counter_read' => 1, 'admission.forgetting' => 20,
	'admission.taken' => 5, 'admission.joined' => 1, 'admission.released' => 3, 'admission.leases_ended' => 1,
	'admission.before_commit' => 3, 'usage.appending' => 5, 'usage.appended' => 5, 'user_usage.appended' => 2,
	'usage.summed_up' => 1, 'violations.writing' => 3,
);
my %must_not_fail = (
	'admission.noted' => 8, 'admission.ended' => 5, 'admission.settling' => 10, 'admission.rolling_back' => 2, 'admission.rules_known' => 10,
);

# Whoever adds a point has it tested; those of jobs are in history.pl, those of budgets in budget_faults.pl, those of what
# budgets stop in budget_thresholds.pl, and those of giving way in preemption_faults.pl.
my @sources = grep { !m{^src/(jobs|budget|priority)/|/held_room} } glob "src/*/*.cpp";
my @points = sort map { slurp_file($_) =~ /fault_point(?:_without_error)?\("([a-z_.]+)"\)/g } @sources;
my %seen;
@points = grep { !$seen{$_}++ } @points;
is_deeply(\@points, [ sort keys %may_fail, keys %must_not_fail ], 'all points are tested here');

my $node = new_node('faults', conf => "restart_after_crash = off\n");
sub sql { return $node->safe_psql('postgres', @_); }

# Details of earlier days, for whoever sums them up.
sub make_usage_of_earlier_days
{
	for my $days_ago (2 .. 5)
	{
		sql(qq{SELECT ideamine_internal.make_day_partition('tenant_usage', (now() AT TIME ZONE 'UTC')::date - $days_ago);
			INSERT INTO ideamine.tenant_usage (tenant_id, resource, amount, window_start, recorded_at)
			SELECT tenant_id, 'storage', 0.5, '-infinity', now() - interval '$days_ago days' FROM ideamine.tenants});
	}
	sql('SELECT ideamine.reload_counters()');
	return;
}

my @upkeep = ('SELECT ideamine.reload_counters()', 'SELECT ideamine.record_violations()');
my $longest = 60;  # seconds

# A storm, and upkeep beside it, with one fault set in their sessions. Returns what is wrong.
sub storm
{
	my ($fault, $seed, @options) = @_;
	my ($out, $err) = ('', '');
	my $storm = IPC::Run::start([ $ENV{QUOTA_STORM}, '--seed', $seed, '--dsn', $node->connstr('postgres'), '--fault', $fault,
			@options ],
		'<', \undef, '>', \$out, '2>', \$err);
	my $give_up_at = time + $longest;
	while ($storm->pumpable && time < $give_up_at)
	{
		$storm->pump_nb;
		answer_of($node, "SET ideamine.fault = '$fault'", @upkeep);
		usleep(100_000);
	}
	$storm->kill_kill if $storm->pumpable;
	$storm->finish;
	return $storm->result(0) == 0 ? '' : "$out$err";
}

# True if the log, from somewhere on, says that something happened there.
sub has_struck
{
	my ($point, $from) = @_;
	return substr(slurp_file($node->logfile), $from) =~ /fault point \Q$point\E/;
}

is(storm('nowhere sleep', 1, '--transactions', 10), '', 'without faults all is well');
counters_are_sums($node, 'and counters are the sums of their rows');
my $seed = 1;
for my $point (grep { /^\Q$only\E/ } @points)
{
	my $interval = $may_fail{$point} // $must_not_fail{$point};
	if ($point eq 'usage.summed_up')
	{
		make_usage_of_earlier_days();
		push @upkeep, 'SELECT ideamine.roll_up_usage()';
	}
	for my $action ('kill', $may_fail{$point} ? ('abort', 'error') : (), 'sleep')
	{
		my $log = -s $node->logfile;
		my @length = $action eq 'kill' ? ('--until-gone', '--transactions', 100_000) : ('--transactions', 10);
		# which takes a lock that it gives up waiting for where too many come between
		push @length, '--clients', 2 if $point eq 'usage.summed_up';
		my $begin = time;
		my $wrong = storm("$point $action $interval", 1 + $seed++ % 5, @length);
		note(sprintf('%s, %s: a storm of %.1f s', $point, $action, time - $begin));
		is($wrong, '', "$point, $action: nothing passes a limit");
		ok(has_struck($point, $log), "$point, $action: it has happened");
		if ($action eq 'kill')
		{
			$node->kill9;  # what is left of it
			ok(start_again($node), "$point: the server recovers");
		}
		counters_are_sums($node, "$point, $action: counters are the sums of their rows");
	}
}

# The rules of a tenant change all the time, while somebody looks for its counters.
sql(q{SELECT ideamine.create_tenant('moody')});
my ($changes, $looks) = (q{
	DO $$ BEGIN FOR i IN 1..400 LOOP PERFORM ideamine.set_quotas('moody', max_gpus => i), pg_sleep(0.002); END LOOP; END $$;
}, q{
	SET ideamine.fault = 'admission.rules_known sleep';
	SET ideamine.counter_load_timeout = '1s';
} . q{
	SELECT ideamine.has_quota('moody', r::text, 1) FROM unnest(enum_range(NULL::ideamine.resource)) AS r;
} x 10);
my $change = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $changes ], '>', \my $ignored, '2>&1');
$node->psql('postgres', $looks, on_error_stop => 0);
$change->finish;
is(sql(q{SELECT count(*) - count(DISTINCT (id, resource, window_start)) FROM ideamine.audit_counters() WHERE id = 'moody'}), 0,
	'no counter is made twice');

$node->stop;
done_testing();
