# The launcher and the workers: that they come, go, keep out of the way and survive.

use strict;
use warnings;

use IPC::Run qw(start);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'ideamine'
restart_after_crash = on
track_functions = all
ideamine.databases = 'app'
ideamine.worker_restart_gap = 1
ideamine.sweep_interval = 200
ideamine.restore_quiet_period = 0
CONF
$node->start;

# ---- what the tests look at ----------------------------------------------------------------------

sub worker_pid {
	my ($database) = @_;
	return $node->safe_psql('postgres',
		"SELECT pid FROM pg_stat_activity WHERE backend_type = 'ideamine worker' AND datname = '$database'");
}

sub launcher_pid {
	return $node->safe_psql('postgres',
		"SELECT pid FROM pg_stat_activity WHERE backend_type = 'ideamine launcher'");
}

sub becomes_true {
	my ($sql, $name) = @_;
	return ok($node->poll_query_until('postgres', "SELECT $sql"), $name);
}

sub becomes_true_in_app {
	my ($sql, $name) = @_;
	return ok($node->poll_query_until('app', "SELECT $sql"), $name);
}

sub worker_runs {
	my ($database, $name) = @_;
	return becomes_true("EXISTS (SELECT FROM pg_stat_activity"
		  . " WHERE backend_type = 'ideamine worker' AND datname = '$database')",
		$name // "the worker of $database runs");
}

sub worker_is_gone {
	my ($database, $name) = @_;
	return becomes_true("NOT EXISTS (SELECT FROM pg_stat_activity"
		  . " WHERE backend_type = 'ideamine worker' AND datname = '$database')",
		$name // "the worker of $database is gone");
}

# How often a duty ran, as far as the worker has reported.
sub calls {
	my ($duty) = @_;
	return $node->safe_psql('app',
		"SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions"
		  . " WHERE schemaname = 'ideamine' AND funcname = '$duty'");
}

sub duty_runs {
	my ($duty, $times, $name) = @_;
	my $wanted = calls($duty) + $times;
	return ok($node->poll_query_until('app',
			"SELECT coalesce(sum(calls), 0) >= $wanted FROM pg_stat_user_functions"
			  . " WHERE schemaname = 'ideamine' AND funcname = '$duty'"),
		$name // "$duty runs");
}

sub set_and_reload {
	my ($setting, $value) = @_;
	$node->safe_psql('postgres', "ALTER SYSTEM SET $setting = $value");
	$node->reload;
	return;
}

# The launcher has looked at everything again: it has started a worker that was not there before.
sub launcher_looks_again {
	my $database = 'elsewhere';
	my $others = $node->safe_psql('postgres', 'SHOW ideamine.databases');
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	set_and_reload('ideamine.databases', "'$others,$database'");
	worker_runs($database, 'the launcher goes on');
	set_and_reload('ideamine.databases', "'$others'");
	worker_is_gone($database, 'with its work');
	$node->safe_psql('postgres', "DROP DATABASE $database");
	return;
}

my $log_position = 0;

# What follows reads the log from here on.
sub mark_log { return $log_position = -s $node->logfile; }

sub log_says {
	my ($pattern, $name) = @_;
	return ok($node->wait_for_log($pattern, $log_position), $name // "the log says: $pattern");
}

sub times_logged {
	my ($pattern) = @_;
	my $log = slurp_file($node->logfile, $log_position);
	my @lines = $log =~ /$pattern/g;
	return scalar @lines;
}

# ---- coming and going ----------------------------------------------------------------------------

subtest 'a database that does not exist yet gets its worker when it is created' => sub {
	log_says(qr/WARNING:  database "app" in ideamine.databases does not exist/);
	$node->safe_psql('postgres', 'CREATE DATABASE app');
	worker_runs('app');
	is(times_logged(qr/database "app" in ideamine.databases does not exist/),
		1, 'that it was not there is logged once');
	is( $node->safe_psql(
			'postgres', "SELECT application_name FROM pg_stat_activity WHERE datname = 'app'"),
		'ideamine worker',
		'it says what it is');
};

subtest 'duties run once the extension is there' => sub {
	log_says(qr/ideamine worker of database "app" waits for CREATE EXTENSION ideamine/);
	$node->safe_psql('app', 'CREATE EXTENSION ideamine');
	log_says(qr/ideamine worker of database "app" is at work/);
	duty_runs($_, 2) for qw(mark_stale_workers expire_leases promote_scheduled_jobs);
	is(calls('purge_finished_jobs'), 0, 'a restart is no reason to purge');
};

subtest 'v_workers_internal shows the worker and what it does' => sub {
	becomes_true_in_app(q{EXISTS (
		SELECT FROM ideamine.v_workers_internal v JOIN pg_stat_activity a USING (pid)
		WHERE v.database = 'app' AND v.state = 'working' AND a.backend_type = 'ideamine worker'
			AND v.started_at = a.backend_start AND v.activity <> '')}, 'it works');
	$node->safe_psql('app', 'SELECT ideamine.detach_worker()');
	is($node->safe_psql('app', 'SELECT database, pid IS NULL, state FROM ideamine.v_workers_internal'),
		'app|t|detached', 'it is detached');
	$node->safe_psql('app', q(SELECT ideamine.attach_worker('app', '1 minute')));
	becomes_true_in_app(q{(SELECT state FROM ideamine.v_workers_internal) = 'working'}, 'it works again');
};

subtest 'a reload adds and removes workers and leaves the others alone' => sub {
	my $before = worker_pid('app');
	$node->safe_psql('postgres', 'CREATE DATABASE "Second"');
	set_and_reload('ideamine.databases', q('app, "Second"'));
	worker_runs('Second');
	set_and_reload('ideamine.databases', q('app'));
	worker_is_gone('Second');
	is(worker_pid('app'), $before, 'the worker of app has not been restarted');
};

subtest 'a malformed list of databases changes nothing' => sub {
	my $before = worker_pid('app');
	mark_log();
	set_and_reload('ideamine.databases', q('app,,"Second"'));
	log_says(qr/WARNING:  ideamine.databases is not a list of names/);
	set_and_reload('ideamine.databases', q('app'));
	launcher_looks_again();
	is(worker_pid('app'), $before, 'the worker of app has not been restarted');
};

subtest 'a worker that ends comes back, but not faster than the gap' => sub {
	set_and_reload('ideamine.worker_restart_gap', "'3s'");
	my $previous;
	# the gap holds from the start after the reload on
	for my $round (1 .. 2) {
		my $pid = worker_pid('app');
		$previous = $node->safe_psql('postgres',
			"SELECT extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = $pid");
		$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
		becomes_true("EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker'"
			  . " AND datname = 'app' AND pid <> $pid)",
			'it is back');
	}
	my $gap = $node->safe_psql('postgres',
		"SELECT extract(epoch FROM backend_start) - $previous FROM pg_stat_activity"
		  . " WHERE backend_type = 'ideamine worker' AND datname = 'app'");
	cmp_ok($gap, '>=', 2.9, 'three seconds after the start before');
	set_and_reload('ideamine.worker_restart_gap', "'1s'");
};

subtest 'a worker is not disturbed when its launcher is replaced' => sub {
	my $worker = worker_pid('app');
	my $launcher = launcher_pid();
	$node->safe_psql('postgres', "SELECT pg_terminate_backend($launcher)");
	becomes_true("EXISTS (SELECT FROM pg_stat_activity"
		  . " WHERE backend_type = 'ideamine launcher' AND pid <> $launcher)",
		'there is a new launcher');
	is(worker_pid('app'), $worker, 'the worker is the same');
	$node->safe_psql('postgres', "SELECT pg_terminate_backend($worker)");
	becomes_true("EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker'"
		  . " AND datname = 'app' AND pid <> $worker)",
		'and is replaced when it ends');
};

subtest 'after the crash of a worker the server and the worker come back' => sub {
	my $pid = worker_pid('app');
	mark_log();
	kill 'KILL', $pid;
	# psql would meet a server that is not there, which its driver does not survive
	log_says(qr/database system is ready to accept connections/);
	becomes_true("EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker'"
		  . " AND datname = 'app' AND pid <> $pid)",
		'the worker is back');
	duty_runs('expire_leases', 1);
};

subtest 'a cancel of an idle worker or launcher does no harm' => sub {
	my @before = (worker_pid('app'), launcher_pid());
	$node->safe_psql('postgres', "SELECT pg_cancel_backend($_)") for @before;
	launcher_looks_again();
	duty_runs('promote_scheduled_jobs', 2);
	is_deeply([ worker_pid('app'), launcher_pid() ], \@before, 'both are still the same');
};

# ---- keeping out of the way ----------------------------------------------------------------------

for my $statement ('DROP DATABASE doomed', 'DROP DATABASE doomed WITH (FORCE)') {
	subtest "$statement succeeds while a worker runs there, and nobody tries to go back" => sub {
		$node->safe_psql('postgres', 'CREATE DATABASE doomed');
		set_and_reload('ideamine.databases', q('app, doomed'));
		worker_runs('doomed');
		mark_log();
		$node->safe_psql('postgres', $statement);
		log_says(qr/WARNING:  database "doomed" in ideamine.databases does not exist/);
		launcher_looks_again();
		is(times_logged(qr/database "doomed" in ideamine.databases does not exist/),
			1, 'that it is gone is logged once');
		is(times_logged(qr/FATAL:  database "doomed" does not exist/),
			0, 'no worker was sent to a database that is gone');
		set_and_reload('ideamine.databases', q('app'));
	};
}

subtest 'a database is copied while its worker runs, which comes back' => sub {
	my $before = worker_pid('app');
	$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE app');
	worker_runs('app');
	isnt(worker_pid('app'), $before, 'it was away for the time of the copying');
	$node->safe_psql('postgres', 'DROP DATABASE copy');
};

subtest 'a database is renamed while its worker runs, which waits for the name to return' => sub {
	$node->safe_psql('postgres', 'ALTER DATABASE app RENAME TO other_name');
	worker_is_gone('other_name');
	$node->safe_psql('postgres', 'ALTER DATABASE other_name RENAME TO app');
	worker_runs('app');
};

subtest 'a database moves to another tablespace while its worker runs' => sub {
	my $folder = PostgreSQL::Test::Utils::tempdir();
	$node->safe_psql('postgres', "CREATE TABLESPACE elsewhere LOCATION '$folder'");
	$node->safe_psql('postgres', 'ALTER DATABASE app SET TABLESPACE elsewhere');
	worker_runs('app');
	$node->safe_psql('postgres', 'ALTER DATABASE app SET TABLESPACE pg_default');
	worker_runs('app');
	$node->safe_psql('postgres', 'DROP TABLESPACE elsewhere');
};

subtest 'the worker stays away until the transaction of a rename ends' => sub {
	my $session = $node->background_psql('postgres');
	$session->query_safe('BEGIN');
	$session->query_safe('ALTER DATABASE app RENAME TO other_name');
	my $now = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
	becomes_true("clock_timestamp() > timestamptz '$now' + interval '1.5 s'", 'the gap is over');
	launcher_looks_again();
	is(worker_pid('app'), '', 'it is away');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_locks WHERE NOT granted'),
		0, 'and does not wait to be let in');
	$session->query_safe('ROLLBACK');
	worker_runs('app');
	$session->quit;
};

subtest 'a statement that fails lets the worker come back, with its own error' => sub {
	my ($status, undef, $error) = $node->psql('postgres', 'CREATE DATABASE postgres TEMPLATE app');
	isnt($status, 0, 'it fails');
	like($error, qr/^.*ERROR:  database "postgres" already exists$/m, 'as the server says');
	worker_runs('app');
};

subtest 'who may not drop a database cannot send its worker away either' => sub {
	my $before = worker_pid('app');
	$node->safe_psql('postgres', 'CREATE ROLE stranger LOGIN');
	for my $statement (
		'DROP DATABASE app',
		'ALTER DATABASE app RENAME TO mine',
		'CREATE DATABASE mine TEMPLATE app')
	{
		isnt($node->psql('postgres', $statement, extra_params => [ '-U', 'stranger' ]),
			0, "$statement is refused");
	}
	is(worker_pid('app'), $before, 'the worker has not been restarted');
};

subtest 'a session that is cancelled or killed while it holds a worker off leaves no hold behind' => sub {
	my $pid = worker_pid('app');
	kill 'STOP', $pid;
	my (undef, undef, $error) =
	  $node->psql('postgres', "SET statement_timeout = '200ms'; DROP DATABASE app");
	like($error, qr/canceling statement due to statement timeout/, 'waiting can be cancelled');

	my $output = '';
	my $dropping = start([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', 'DROP DATABASE app' ],
		'>&', \$output);
	becomes_true("EXISTS (SELECT FROM pg_stat_activity"
		  . " WHERE query = 'DROP DATABASE app' AND wait_event_type = 'Extension')",
		'a session waits for the frozen worker');
	$node->safe_psql('postgres',
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'DROP DATABASE app'");
	$dropping->finish;
	like($output, qr/terminating connection due to administrator command/, 'it is killed');

	kill 'CONT', $pid;
	becomes_true("EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker'"
		  . " AND datname = 'app' AND pid <> $pid)",
		'the worker is back');
};

# ---- detach_worker(), attach_worker() ------------------------------------------------------------

subtest 'detach_worker() keeps the worker away until attach_worker()' => sub {
	is($node->safe_psql('app', 'SELECT ideamine.detach_worker()'), 't', 'detached');
	is(worker_pid('app'), '', 'it is away');
	is($node->safe_psql('app', 'SELECT ideamine.detach_worker()'), 't', 'detached twice');
	$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE app');
	$node->safe_psql('postgres', 'DROP DATABASE copy');
	launcher_looks_again();
	is(worker_pid('app'), '', 'it is still away after statements that hold it off themselves');
	is($node->safe_psql('app', q(SELECT ideamine.attach_worker('app', '1 minute'))), 't', 'attached');
	isnt(worker_pid('app'), '', 'it runs');
	is($node->safe_psql('app', q(SELECT ideamine.attach_worker(timeout => '0'))),
		't', 'attaching it again changes nothing');
};

subtest 'detach_worker() and attach_worker() say when their time was too short' => sub {
	$node->safe_psql('postgres', 'CREATE DATABASE beside TEMPLATE app');
	worker_runs('app');
	my $pid = worker_pid('app');
	kill 'STOP', $pid;
	is($node->safe_psql('beside', q(SELECT ideamine.detach_worker('app', '100 ms'))),
		'f', 'a frozen worker is not gone in time');
	kill 'CONT', $pid;
	worker_is_gone('app', 'it goes when it can');

	$node->safe_psql('postgres', 'ALTER DATABASE app ALLOW_CONNECTIONS false');
	mark_log();
	is($node->safe_psql('beside', q(SELECT ideamine.attach_worker('app', '100 ms'))),
		'f', 'one that cannot start does not run in time');
	log_says(qr/WARNING:  database "app" in ideamine.databases does not accept connections/);
	$node->safe_psql('postgres', 'ALTER DATABASE app ALLOW_CONNECTIONS true');
	worker_runs('app', 'the launcher goes on trying');
	$node->safe_psql('postgres', 'DROP DATABASE beside');
};

subtest 'misuse of detach_worker() and attach_worker() gets typed errors' => sub {
	for my $function (qw(detach_worker attach_worker)) {
		my %expected = (
			"$function('nowhere')" => qr/ERROR:  ID404: .*"nowhere".*\n.*HINT:.*ideamine\.databases/,
			"$function(timeout => '-1 s')" => qr/ERROR:  ID400: timeout must be between 0 and 1 hour/,
			"$function(timeout => '2 hours')" => qr/ERROR:  ID400: timeout must be between 0 and 1 hour/,
			"$function(timeout => NULL)" => qr/ERROR:  ID400: timeout must not be null/,
		);
		for my $call (sort keys %expected) {
			my (undef, undef, $error) =
			  $node->psql('app', "\\set VERBOSITY verbose\nSELECT ideamine.$call");
			like($error, $expected{$call}, $call);
		}
	}
	my (undef, undef, $error) = $node->psql('app', 'SELECT ideamine.detach_worker()',
		extra_params => [ '-U', 'stranger' ]);
	like($error, qr/permission denied/, 'not everybody may');
};

# ---- the extension and its duties ----------------------------------------------------------------

subtest 'the extension is dropped and created again under a running worker' => sub {
	my $before = worker_pid('app');
	mark_log();
	for my $round (1 .. 10) {
		$node->safe_psql('app', 'DROP EXTENSION ideamine');
		$node->safe_psql('app', 'CREATE EXTENSION ideamine');
	}
	duty_runs('expire_leases', 2);
	is(worker_pid('app'), $before, 'the worker has not been restarted');
	is(times_logged(qr/duty \w+ in database "app" failed/), 0, 'no duty has failed');
};

subtest 'a worker does not wait for the end of a transaction that drops the extension' => sub {
	mark_log();
	my $session = $node->background_psql('app');
	$session->query_safe('BEGIN; DROP EXTENSION ideamine');
	log_says(qr/ideamine worker of database "app" waits for CREATE EXTENSION ideamine/);
	$session->query_safe('ROLLBACK');
	log_says(qr/ideamine worker of database "app" is at work/);
	$session->quit;
	is(times_logged(qr/duty \w+ in database "app" failed/), 0, 'no duty has failed');
};

subtest 'a duty that fails is logged once and hinders no other' => sub {
	mark_log();
	$node->safe_psql('app',
		'ALTER FUNCTION ideamine.promote_scheduled_jobs(timestamptz) RENAME TO hidden');
	log_says(qr/duty promote_scheduled_jobs in database "app" failed/);
	log_says(qr/function ideamine.promote_scheduled_jobs\(\) does not exist/);
	duty_runs('expire_leases', 20, 'other duties go on');
	is(times_logged(qr/duty promote_scheduled_jobs in database "app" failed/),
		1, 'it is logged once, however often it is tried');
	$node->safe_psql('app',
		'ALTER FUNCTION ideamine.hidden(timestamptz) RENAME TO promote_scheduled_jobs');
	log_says(qr/duty promote_scheduled_jobs in database "app" works again/);
	duty_runs('promote_scheduled_jobs', 2);
};

subtest 'what met a limit is written though its transaction rolled back, and listeners are told' => sub {
	my $listener = $node->background_psql('app');
	$listener->query_safe('LISTEN ideamine');
	$node->safe_psql('app', q{
		SELECT ideamine.set_quotas('limited', max_gpus => 1);
		BEGIN; SELECT ideamine.enforce_quota('limited', 'gpu', 2); ROLLBACK});
	becomes_true_in_app(q{EXISTS (SELECT FROM ideamine.quota_violations WHERE tenant_id = 'limited')}, 'it is written');
	like($listener->query(q{SELECT event_type FROM ideamine.events WHERE tenant_id = 'limited'}),
		qr/^quota-violation\nAsynchronous notification "ideamine" received/, 'there is an event, and listeners know');
	$listener->quit;
};

subtest 'a pass that takes too long is cancelled' => sub {
	my $before = worker_pid('app');
	mark_log();
	set_and_reload('ideamine.duty_timeout', "'100ms'");
	my $session = $node->background_psql('app');
	$session->query_safe('BEGIN; LOCK TABLE ideamine.jobs IN ACCESS EXCLUSIVE MODE');
	log_says(qr/duty promote_scheduled_jobs in database "app" failed/);
	log_says(qr/LOG:  canceling statement due to statement timeout/);
	$session->query_safe('ROLLBACK');
	log_says(qr/duty promote_scheduled_jobs in database "app" works again/);
	$session->quit;
	is(worker_pid('app'), $before, 'the worker has not been restarted');
	set_and_reload('ideamine.duty_timeout', "'1min'");
};

subtest 'a worker that waits within a duty can be detached, and the server stopped' => sub {
	my $session = $node->background_psql('app');
	my $waits = "EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker'"
	  . " AND datname = 'app' AND wait_event_type = 'Lock')";
	$session->query_safe('BEGIN; LOCK TABLE ideamine.jobs IN ACCESS EXCLUSIVE MODE');
	becomes_true($waits, 'it waits for a lock');
	is($node->safe_psql('app', 'SELECT ideamine.detach_worker()'), 't', 'detached');
	is($node->safe_psql('app', 'SELECT ideamine.attach_worker()'), 't', 'attached');
	becomes_true($waits, 'it waits again');
	my $begin = time;
	$node->stop('fast');
	cmp_ok(time - $begin, '<', 20, 'the server stops in little time');
	eval { $session->quit };
	$node->start;
	worker_runs('app');
};

# ---- restores ------------------------------------------------------------------------------------

# From here on the quiet period is long, and no sign of a restore has been seen yet.
sub forget_restores {
	$node->safe_psql('postgres', q(ALTER SYSTEM SET ideamine.restore_quiet_period = '1h'));
	mark_log();
	$node->restart;
	log_says(qr/worker of database "app" is at work/, 'a restart does not look like a restore');
	return;
}

subtest 'a worker is idle after CREATE EXTENSION, which may be the beginning of a restore' => sub {
	forget_restores();
	mark_log();
	$node->safe_psql('app', 'DROP EXTENSION ideamine');
	$node->safe_psql('app', 'CREATE EXTENSION ideamine');
	log_says(qr/worker of database "app" is idle while the database seems to be restored/);
	is(times_logged(qr/is at work/), 0, 'it did nothing before');
	is(calls('promote_scheduled_jobs'), 0, 'no duty runs');
	set_and_reload('ideamine.restore_quiet_period', '0');
	log_says(qr/worker of database "app" is at work/, 'it is at work after the quiet period');
	duty_runs('promote_scheduled_jobs', 2);
};

subtest 'CREATE EXTENSION IF NOT EXISTS that finds it there begins no restore' => sub {
	forget_restores();
	mark_log();
	$node->safe_psql('app', 'CREATE EXTENSION IF NOT EXISTS ideamine');
	duty_runs('promote_scheduled_jobs', 2);
	is(times_logged(qr/is idle while the database seems to be restored/), 0, 'the worker goes on');
};

subtest 'a worker is idle after a COPY into the tables of the extension' => sub {
	forget_restores();
	$node->safe_psql('app', "COPY ideamine.jobs FROM stdin;\n\\.\n");
	log_says(qr/worker of database "app" is idle while the database seems to be restored/);
	mark_log();
	set_and_reload('ideamine.restore_quiet_period', '0');
	log_says(qr/worker of database "app" is at work/);
};

subtest 'a worker is idle as long as a COPY into the tables of the extension goes on' => sub {
	mark_log();
	my ($input, $output) = ("COPY ideamine.jobs FROM stdin;\n", '');
	my $copying = start([ 'psql', '-X', '-d', $node->connstr('app') ], '<', \$input, '>&', \$output);
	$copying->pump_nb while length $input;
	log_says(qr/worker of database "app" is idle while the database seems to be restored/);
	my $now = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
	becomes_true("EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'ideamine worker'"
		  . " AND state_change > timestamptz '$now' + interval '2 s')",
		'it looks at the database again');
	is(times_logged(qr/worker of database "app" is at work/), 0, 'and stays idle');
	$input = "\\.\n";
	$copying->finish;
	log_says(qr/worker of database "app" is at work/);
};

subtest 'a worker is idle while pg_restore is connected, but not by the word of a stranger' => sub {
	mark_log();
	my $session = $node->background_psql('app', extra_params => [ '-U', 'stranger' ]);
	$session->query_safe("SET application_name = 'pg_restore'");
	# these take long enough for two looks at the sessions
	duty_runs('promote_scheduled_jobs', 50, 'a stranger of that name does not stop the duties');
	is(times_logged(qr/seems to be restored/), 0, 'or makes a line in the log');
	$session->quit;

	$session = $node->background_psql('app');
	$session->query_safe("SET application_name = 'pg_restore'");
	log_says(qr/worker of database "app" is idle while the database seems to be restored/);
	$session->quit;
	log_says(qr/worker of database "app" is at work/);
};

# ---- the limits of the server --------------------------------------------------------------------

subtest 'a standby has neither launcher nor worker until it is promoted' => sub {
	$node->backup('for_standby');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'for_standby', has_streaming => 1);
	$standby->start;
	$node->wait_for_catchup($standby);
	my $ours = "FROM pg_stat_activity WHERE backend_type LIKE 'ideamine%'";
	is($standby->safe_psql('postgres', "SELECT count(*) $ours"), 0, 'none on the standby');
	$standby->promote;
	ok($standby->poll_query_until('postgres', "SELECT count(*) = 2 $ours"),
		'both after its promotion');
	$standby->stop;
};

subtest 'too few places for workers are logged once, with the setting to raise' => sub {
	$node->safe_psql('postgres', "CREATE DATABASE $_") for qw(crowd1 crowd2 crowd3);
	$node->safe_psql('postgres', q(ALTER SYSTEM SET ideamine.databases = 'app, crowd1, crowd2, crowd3'));
	# ours, that of logical replication, and one more
	$node->safe_psql('postgres', 'ALTER SYSTEM SET max_worker_processes = 3');
	$node->stop;
	mark_log();
	$node->start;
	log_says(qr/WARNING:  no background worker slot is free for another ideamine worker/);
	log_says(qr/HINT:  Raise max_worker_processes/);
	worker_runs('app');
	$node->safe_psql('app', 'SELECT ideamine.detach_worker()');
	worker_runs('crowd1', 'a place that becomes free is used');
	is(times_logged(qr/no background worker slot is free/), 1, 'it is logged once');
};

subtest 'without preloading there is no worker to detach, and the error says what is missing' => sub {
	$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "''");
	$node->restart;
	my (undef, undef, $error) =
	  $node->psql('app', "\\set VERBOSITY verbose\nSELECT ideamine.detach_worker()");
	like($error, qr/ERROR:  ID503: .*\n.*\n?HINT:.*shared_preload_libraries = 'ideamine'/, 'ID503');
};

$node->stop;

done_testing();
