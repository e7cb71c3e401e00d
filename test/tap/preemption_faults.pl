# At every fault point of rounds in which jobs give way, under clients that create, claim, complete and cancel jobs: a process is killed
# there, and the server with it; a session is ended; a statement is cancelled; others come between. Counters are the sums of their
# rows each time, no more runs than there is room for, and room is neither lost nor held for ever.
#
#   IDEAMINE_FAULT_POINT=held_room.taken TAP=preemption_faults scripts/check tap
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Utils;
use Quota qw(new_node start_again);
use Test::More;

my $only = $ENV{IDEAMINE_FAULT_POINT} // '';

# Each with how often a process passes it until something happens.
my %interval = ('held_room.taken' => 1, 'held_room.claimed' => 1, 'held_room.given_back' => 3, 'preemption.decided' => 1, 'preemption.ended' => 2);

my @sources = (glob('src/priority/*.cpp'), 'src/quota/held_room_store.cpp');
# that of what budgets stop is in budget_thresholds.pl
my @points = sort grep { !/^closings\./ } map { slurp_file($_) =~ /fault_point(?:_without_error)?\("([a-z_.]+)"\)/g } @sources;
is_deeply(\@points, [ sort keys %interval ], 'all points are tested here');

my $node = new_node('preemption_faults', conf => <<'CONF');
restart_after_crash = off
ideamine.preemption_cooldown = 0
ideamine.preemption_round_share = 1
ideamine.max_preemptions = 1000
ideamine.held_room_timeout = 1
CONF
sub sql { return $node->safe_psql('postgres', @_); }

my $script = PostgreSQL::Test::Utils::tempdir() . '/jobs.sql';
append_to_file($script, <<'END');
\set way random(1, 14)
\set tenant random(1, 3)
\set class random(0, 3)
\set gpus random(1, 4)
\if :way <= 3
SELECT ideamine.create_job('tenant-' || :tenant, 'any', '{}', 'P' || :class,
  options => jsonb_build_object('needs', jsonb_build_object('gpu', :gpus)));
\elif :way <= 7
BEGIN;
SAVEPOINT s;
SELECT count(*) FROM ideamine.acquire_jobs((SELECT worker_id FROM ideamine.workers), 2);
\if :way = 4
ROLLBACK TO s;
\endif
COMMIT;
\elif :way <= 11
BEGIN;
SELECT count(*) FROM ideamine.evaluate_preemption_policy('{"resource": "gpu", "threshold": 0, "together": true}');
\if :way = 8
ROLLBACK;
\else
COMMIT;
\endif
\elif :way = 12
SELECT end_some('complete');
\elif :way = 13
SELECT end_some('cancel');
\else
SELECT ideamine.give_back_unclaimed_room(), ideamine.resume_preempted_jobs();
\endif
END

# Returns whether all went to its end.
sub storm
{
	my ($fault, $transactions) = @_;
	local $ENV{PGOPTIONS} = '-c ideamine.fault=' . $fault =~ s/ /\\ /gr;
	my $succeeded = IPC::Run::run([ 'pgbench', '-n', '-c', 6, '-j', 2, '-t', $transactions, '-f', $script,
			$node->connstr('postgres') ], '>', \my $out, '2>&1');
	note($out) unless $succeeded;
	return $succeeded;
}

sub has_struck
{
	my ($point, $from) = @_;
	return substr(slurp_file($node->logfile), $from) =~ /fault point \Q$point\E/;
}

my $running = q{SELECT coalesce(sum((needs ->> 'gpu')::numeric), 0) FROM ideamine.jobs WHERE status = 'running'};

# What rows say, and what counters say.
sub all_is_exact
{
	my ($name) = @_;
	is(sql(q{SELECT count(*) FROM ideamine.audit_counters() WHERE state <> 'ok'}), 0, "$name: counters are the sums of their rows");
	is(sql("SELECT ($running) + (SELECT coalesce(sum((needs ->> 'gpu')::numeric), 0) FROM ideamine.held_room) <= 8"), 't',
		"$name: no more runs or is held than there is");
	is(sql("SELECT used = ($running) + (SELECT coalesce(sum((needs ->> 'gpu')::numeric), 0) FROM ideamine.held_room)
		FROM ideamine.get_resource_utilization() WHERE resource = 'gpu'"), 't', "$name: the platform has in use what runs or is held");
	is(sql(q{SELECT count(*) FROM ideamine.held_room AS h LEFT JOIN ideamine.jobs AS j USING (tenant_id, job_id)
		WHERE j.status IS DISTINCT FROM 'pending'}), 0, "$name: room is held for waiting jobs alone");
	return;
}

sql(q{SELECT ideamine.create_tenant('tenant-' || n, tier => 'enterprise') FROM generate_series(1, 3) AS n;
	INSERT INTO ideamine.platform_capacity VALUES ('gpu', 8);
	SELECT ideamine.reload_counters();
	SELECT ideamine.register_worker('all');
	-- who comes too late is told so
	CREATE FUNCTION end_some(way text) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
	  job ideamine.jobs;
	BEGIN
	  SELECT * INTO job FROM ideamine.jobs WHERE status IN ('running', 'pending') AND (status = 'running' OR way = 'cancel') ORDER BY random() LIMIT 1;
	  IF way = 'cancel' THEN
	    PERFORM ideamine.cancel_job(job.tenant_id, job.job_id);
	  ELSE
	    PERFORM ideamine.complete_job(job.tenant_id, job.job_id, job.epoch);
	  END IF;
	EXCEPTION WHEN SQLSTATE 'ID409' OR SQLSTATE 'ID404' OR SQLSTATE 'ID400' THEN
	  NULL;
	END
	$$});
ok(storm('nowhere sleep', 100), 'without faults all goes to its end');
all_is_exact('without faults');
cmp_ok(sql('SELECT sum(preemptions) FROM ideamine.jobs'), '>', 0, 'jobs gave way');
for my $point (grep { /^\Q$only\E/ } @points)
{
	for my $action (qw(kill abort error sleep))
	{
		my $log = -s $node->logfile;
		# which of them are called is left to chance
		for (1 .. 3)
		{
			storm("$point $action $interval{$point}", 60);
			last if has_struck($point, $log);
		}
		ok(has_struck($point, $log), "$point, $action: it has happened");
		if ($action eq 'kill')
		{
			$node->kill9;  # what is left of it
			ok(start_again($node), "$point: the server recovers");
		}
		all_is_exact("$point, $action");
	}
}
sql(q{SELECT ideamine.give_back_unclaimed_room(now() + interval '1 hour')});
is(sql('SELECT count(*) FROM ideamine.held_room'), 0, 'nothing is held for ever');
all_is_exact('after all room was given back');

$node->stop;
done_testing();
