# At every fault point of budgets, under clients that reserve, settle, release and record, with savepoints and rollbacks: a process
# is killed there, and the server with it; a session is ended; a statement is cancelled; others come between. No budget is passed,
# and counters are the sums of their rows each time. Some of these days are over, and are rolled up once.
#
#   IDEAMINE_FAULT_POINT=costs.appended TAP=budget_faults scripts/check tap
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Utils;
use Quota qw(new_node start_again);
use Test::More;

my $only = $ENV{IDEAMINE_FAULT_POINT} // '';

# Each with how often a process passes it until something happens.
my %interval = ('costs.appending' => 3, 'costs.appended' => 3, 'costs.reserved' => 3, 'costs.reservation_ended' => 3,
	'costs.summed_up' => 2);

my @sources = glob 'src/budget/*.cpp';
my @points = sort map { slurp_file($_) =~ /fault_point(?:_without_error)?\("([a-z_.]+)"\)/g } @sources;
# those of thresholds are in budget_thresholds.pl
@points = grep { !/^budgets\./ } @points;
is_deeply(\@points, [ sort keys %interval ], 'all points are tested here');

my $node = new_node('budget_faults', conf => "restart_after_crash = off\n");
sub sql { return $node->safe_psql('postgres', @_); }

# Money that is held in advance is never passed, whatever is recorded of it. Few clients share each of a few runs.
my $script = PostgreSQL::Test::Utils::tempdir() . '/spend.sql';
append_to_file($script, <<'END');
\set run random(1, 3)
\set estimate random(1, 2000000)
\set actual random(0, :estimate)
\set way random(1, 5)
BEGIN;
SELECT coalesce(reservation_id::text, '') AS reservation, allowed::int AS allowed
FROM ideamine.reserve_cost('acme', :estimate * 0.000000001, run => '00000000-0000-7000-8000-00000000000:run', project => 'search') \gset
\if :way = 1
ROLLBACK;
\elif :allowed = 0
COMMIT;
\else
COMMIT;
BEGIN;
SAVEPOINT s;
SELECT settled FROM ideamine.settle_cost(':reservation', :actual * 0.000000001);
\if :way = 2
ROLLBACK TO s;
SELECT ideamine.release_cost(':reservation');
\endif
\if :way = 3
ROLLBACK;
\else
COMMIT;
\endif
\endif
END

# What is over, and rolled up by all clients at once.
my $roll_up = PostgreSQL::Test::Utils::tempdir() . '/roll_up.sql';
append_to_file($roll_up, <<'END');
SELECT ideamine.roll_up_costs();
SELECT ideamine.reload_counters();
END
my $next_day = 40;  # days ago
sub make_days_that_are_over
{
	for my $days_ago (reverse $next_day - 2 .. $next_day)
	{
		sql(qq{SELECT ideamine_internal.make_day_partition('cost_events', (now() AT TIME ZONE 'UTC')::date - $days_ago);
			INSERT INTO ideamine.cost_events (event_id, recorded_at, day_start, amount, kind, tenant_id, run_id, project_id)
			SELECT gen_random_uuid(), now() - interval '$days_ago days', date_trunc('day', now(), 'UTC') - interval '$days_ago days',
				0.000000001, 'actual', 'acme', ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'search' FROM generate_series(1, 3) AS n});
	}
	$next_day -= 3;
	sql('SELECT ideamine.reload_counters()');
	return;
}

# Returns whether all went to its end.
sub storm
{
	my ($fault, $transactions, @others) = @_;
	local $ENV{PGOPTIONS} = '-c ideamine.fault=' . $fault =~ s/ /\\ /gr;
	my $succeeded = IPC::Run::run([ 'pgbench', '-n', '-c', 8, '-j', 2, '-t', $transactions, '-f', $script, @others,
			$node->connstr('postgres') ], '>', \my $out, '2>&1');
	note($out) unless $succeeded;
	return $succeeded;
}

sub has_struck
{
	my ($point, $from) = @_;
	return substr(slurp_file($node->logfile), $from) =~ /fault point \Q$point\E/;
}

# What rows say, and what counters say.
sub all_is_exact
{
	my ($name) = @_;
	is(sql(q{SELECT count(*) FROM ideamine.v_budget_status WHERE spent + held > total}), 0, "$name: no budget is passed");
	is(sql(q{SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok'}), 0, "$name: counters are the sums of their rows");
	is(sql(q{SELECT trim_scale(s.spent - coalesce(sum(e.amount), 0)) FROM ideamine.v_budget_status AS s
		LEFT JOIN ideamine.cost_events AS e ON e.tenant_id = s.tenant_id AND e.project_id = s.scope_id
		WHERE s.scope = 'project' GROUP BY s.spent}), 0, "$name: what is spent is the sum of what was recorded");
	return;
}

sql(q{SELECT ideamine.create_tenant('acme');
	SELECT ideamine.set_budget('acme', 'run', ('00000000-0000-7000-8000-00000000000' || n), 0.05) FROM generate_series(1, 3) AS n;
	SELECT ideamine.set_budget('acme', 'project', 'search', 0.12, period => 'once');
	SELECT ideamine.set_budget('acme', 'tenant', NULL, 100, period => 'month')});
ok(storm('nowhere sleep', 30), 'without faults all goes to its end');
all_is_exact('without faults');
for my $point (grep { /^\Q$only\E/ } @points)
{
	for my $action (qw(kill abort error sleep))
	{
		my $log = -s $node->logfile;
		# money anew, so that something is spent
		sql(q{UPDATE ideamine.budgets SET total = total + 0.02});
		make_days_that_are_over() if $point eq 'costs.summed_up';
		storm("$point $action $interval{$point}", 10, $point eq 'costs.summed_up' ? ('-f', $roll_up) : ());
		ok(has_struck($point, $log), "$point, $action: it has happened");
		if ($action eq 'kill')
		{
			$node->kill9;  # what is left of it
			ok(start_again($node), "$point: the server recovers");
		}
		all_is_exact("$point, $action");
	}
}
sql(q{SELECT ideamine.expire_cost_reservations(now() + interval '1 day')});
is(sql(q{SELECT coalesce(sum(held), 0) FROM ideamine.v_budget_status}), 0, 'nothing is held for ever');
all_is_exact('after all holds have expired');
sql('SELECT ideamine.roll_up_costs()');
is(sql(q{SELECT sum(amount), count(DISTINCT day) FROM ideamine.cost_rollups}),
	sql(q{SELECT sum(amount), count(DISTINCT day_start) FROM ideamine.cost_events WHERE day_start < now() - interval '2 days'}),
	'what is over is rolled up once');
sql('SELECT ideamine.reload_counters()');
all_is_exact('after days were rolled up');

$node->stop;
done_testing();
