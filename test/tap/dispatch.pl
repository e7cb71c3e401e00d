# Jobs are handed out from shared memory, which is a cache of their table: what is prepared, does not fit, or is gone after a crash, is
# handed out all the same, once.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node error_of start_again);
use Test::More;

my $node = new_node('dispatch', conf => "max_prepared_transactions = 5\nideamine.dispatch_memory = '1MB'\nrestart_after_crash = off\n");
sub sql { return $node->safe_psql('postgres', @_); }
my $worker = sql(q{SELECT ideamine.register_worker('any', '{gpu}')});
sub taken { my ($most) = @_; return sql("SELECT count(*) FROM ideamine.acquire_jobs('$worker', $most)"); }
sub reset_jobs { return sql(q{TRUNCATE ideamine.jobs, ideamine.job_dependencies}); }
sql(q{SELECT ideamine.create_tenant(name) FROM unnest('{acme,bolt,core}'::text[]) AS name});

# ---- prepared transactions ------------------------------------------------------------------------

sql(q{BEGIN; SELECT ideamine.create_job('acme', 'prepared'); PREPARE TRANSACTION 'one'});
is(taken(10), 0, 'a job of a prepared transaction is nobody\'s yet');
sql(q{COMMIT PREPARED 'one'});
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM ideamine.acquire_jobs('$worker', 10)");
is(sql(q{SELECT count(*) FROM ideamine.jobs WHERE status = 'running'}), 1, 'once it is committed it is handed out');
sql(q{BEGIN; SELECT ideamine.create_job('acme', 'undone'); PREPARE TRANSACTION 'two'; ROLLBACK PREPARED 'two'});
is(taken(10), 0, 'and never if it is rolled back');

# While somebody waits for it.
my $waiting = $node->background_psql('postgres');
$waiting->query_until(qr/go/, "\\echo go\nCALL ideamine.wait_for_jobs('$worker', '1 minute');\n\\echo woken\n");
$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'CALL%' AND wait_event_type = 'Extension'});
sql(q{BEGIN; SELECT ideamine.create_job('acme', 'waited for'); PREPARE TRANSACTION 'three'});
sql(q{COMMIT PREPARED 'three'});
ok($waiting->query_until(qr/woken/, ''), 'a worker that waits is woken by it');
$waiting->quit;

# ---- more jobs than there is room for -------------------------------------------------------------

reset_jobs();
my $jobs = 60_000;  # of each of three tenants and two classes, in 1 MB
sql(qq{SELECT count(*) FROM unnest('{acme,bolt,core}'::text[]) AS tenant, unnest('{P1,P3}'::text[]) AS class, generate_series(1, $jobs / 6) AS i,
	ideamine.create_job(tenant, 'job ' || i, priority_class => class)});
sql(qq{CREATE TABLE given (n serial, job_id uuid, tenant_id text, job_type text)});
my $give = qq{INSERT INTO given (job_id, tenant_id, job_type) SELECT job_id, tenant_id, job_type FROM ideamine.acquire_jobs('$worker', 1000)};
sql($give) for 1 .. $jobs / 1000;
is(sql(q{SELECT count(*), count(DISTINCT job_id) FROM given}), "$jobs|$jobs", 'jobs that find no room in memory are handed out, each once');
is(taken(10), 0, 'and that is all');
is(sql(q{SELECT count(*) FROM (SELECT j.priority_class <> lag(j.priority_class) OVER (ORDER BY g.n) AS changes
		FROM given g JOIN ideamine.jobs j USING (job_id)) AS c WHERE changes}), 1, 'the higher class first');
is(sql(q{SELECT bool_and(i >= before) FROM (SELECT split_part(g.job_type, ' ', 2)::int AS i,
		lag(split_part(g.job_type, ' ', 2)::int, 1, 0) OVER (PARTITION BY g.tenant_id, j.priority_class ORDER BY g.n) AS before
		FROM given g JOIN ideamine.jobs j USING (job_id)) AS c}), 't', 'and those of a tenant in their order');

# So many leases find no room either.
sql(q{UPDATE ideamine.workers SET last_heartbeat_at = last_heartbeat_at - interval '1 day'});
is(sql(q{SELECT jobs_requeued FROM ideamine.mark_stale_workers()}), $jobs, 'leases that find no room in memory are taken back when their worker falls silent');
$worker = sql(q{SELECT ideamine.register_worker('any', '{gpu}')});
$give = qq{INSERT INTO given (job_id, tenant_id, job_type) SELECT job_id, tenant_id, job_type FROM ideamine.acquire_jobs('$worker', 1000)};

# ---- a crash -------------------------------------------------------------------------------------

reset_jobs();
sql('TRUNCATE given');
sql(q{SELECT count(*) FROM unnest('{acme,bolt}'::text[]) AS tenant, generate_series(1, 500) AS i, ideamine.create_job(tenant, 'job ' || i)});
sql($give =~ s/1000\)$/400)/r);
my $open = $node->background_psql('postgres');
$open->query_safe(qq{BEGIN; SELECT count(*) FROM ideamine.acquire_jobs('$worker', 300); SELECT ideamine.create_job('acme', 'never')});
is(sql(q{SELECT ideamine.reconcile_dispatch()}), 0, 'what is in somebody\'s hands is not missing');
# one whose row does not say that it was heard of
my $quiet = sql(q{SELECT ideamine.register_worker('quiet')});
sql(q{SELECT ideamine.create_job('bolt', 'long', priority_class => 'P0')});
sql(qq{SELECT ideamine.acquire_jobs('$quiet', lease => '10 s')});
sql(q{UPDATE ideamine.jobs SET started_at = started_at - interval '1 hour' WHERE job_type = 'long'});
my $written = sql(qq{UPDATE ideamine.workers SET last_heartbeat_at = now() - interval '20 s' WHERE worker_id = '$quiet' RETURNING last_heartbeat_at});
sql(qq{SELECT ideamine.heartbeat('$quiet')});
sub lost_after { my ($time) = @_; return sql(qq{BEGIN; SELECT count(*) FROM ideamine.expire_leases('$written'::timestamptz + interval '$time') WHERE worker_id = '$quiet'; ROLLBACK}); }
is(lost_after('25 s'), 0, 'a heartbeat that is not written extends a lease');
$node->stop('immediate');
$open->{run}->finish;
ok(start_again($node), 'the server recovers');
is(lost_after('25 s'), 0, 'after a crash a worker counts as heard of when the server started');
is(lost_after('90 s'), 1, 'and no more');
sql($give);
is(sql(q{SELECT count(*), count(DISTINCT job_id), count(*) FILTER (WHERE job_type = 'never') FROM given}), '1000|1000|0',
	'after a crash the rest is handed out, with what had been taken by a transaction in progress');
is(sql(q{SELECT ideamine.reconcile_dispatch()}), 0, 'nothing is missing');

# ---- the extension is made anew -----------------------------------------------------------------

sql(q{SELECT count(*) FROM generate_series(1, 10) AS i, ideamine.create_job('acme', 'gone ' || i)});
sql(q{DROP EXTENSION ideamine CASCADE; CREATE EXTENSION ideamine; SELECT ideamine.create_tenant('acme')});
$worker = sql(q{SELECT ideamine.register_worker('any', '{gpu}')});
is(taken(10), 0, 'an extension that is made anew hands out nothing of the one before');
sql(q{SELECT count(*) FROM generate_series(1, 10) AS i, ideamine.create_job('acme', 'new ' || i)});
is(taken(100), 10, 'and all of its own');

# ---- without preloading -------------------------------------------------------------------------

sql(q{SELECT count(*) FROM generate_series(1, 3) AS i, ideamine.create_job('acme', 'kept ' || i)});
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "''");
$node->restart;
like(error_of($node, "SELECT ideamine.acquire_jobs('$worker')"), qr/ID503: .*shared_preload_libraries = 'ideamine'/s,
	'without preloading the error says which line is missing');
sql(q{SELECT ideamine.create_job('acme', 'kept')});
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "'ideamine'");
$node->restart;
is(taken(100), 4, 'what was created meanwhile is handed out when it is preloaded again');

$node->stop;
done_testing();
