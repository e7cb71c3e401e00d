# The server is killed while quota is taken and given back: what is in memory then is gone, and counters are loaded from
# what was committed.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node counter start_again counters_are_sums);
use Test::More;

my $cycles = $ENV{IDEAMINE_CRASH_CYCLES} // 5;
plan skip_all => 'QUOTA_STORM does not name the program quota_storm' unless $ENV{QUOTA_STORM};

my $node = new_node('crash', conf => "restart_after_crash = off\n");
my $usage = q{SELECT count(*) FROM ideamine.tenant_usage};

for my $cycle (1 .. $cycles)
{
	my ($out, $err) = ('', '');
	my $before = $node->safe_psql('postgres', $usage);
	my $storm = IPC::Run::start([ $ENV{QUOTA_STORM}, '--until-gone', '--seed', $cycle, '--transactions', 1_000_000,
		'--dsn', $node->connstr('postgres') ], '<', \undef, '>', \$out, '2>', \$err);
	$node->poll_query_until('postgres', "SELECT ($usage) > $before + 300") or diag("nothing is under way before kill $cycle");
	$cycle % 2 == 1 ? $node->kill9 : $node->stop('immediate');
	$storm->finish;
	is($storm->result(0), 0, "until kill $cycle nothing passed a limit") or diag("$out$err");
	ok(start_again($node), "the server recovers from kill $cycle");
	counters_are_sums($node, "after kill $cycle counters are the sums of their rows");
	IPC::Run::run([ $ENV{QUOTA_STORM}, '--seed', $cycle, '--transactions', 5, '--dsn', $node->connstr('postgres') ], '>&', \$out);
	is($? >> 8, 0, 'and so they are when the same tenants go on') or diag($out);
}

# What is held by a transaction that a crash ends was never taken; what was committed stays.
sub sql { return $node->safe_psql('postgres', @_); }
sql(q{SELECT ideamine.set_quotas('acme', max_gpus => 8, max_tokens_per_day => 1000, throttle_enabled => false)});
sql(q{SELECT ideamine.enforce_quota('acme', 'gpu', 3), ideamine.enforce_quota('acme', 'tokens', 700)});
my $session = $node->background_psql('postgres');
$session->query_safe(q{BEGIN; SELECT ideamine.enforce_quota('acme', 'gpu', 5), ideamine.enforce_quota('acme', 'tokens', 300)});
is(counter($node, 'acme', 'gpu'), '8', 'what a transaction in progress has taken counts');
$node->stop('immediate');
$session->{run}->finish;
ok(start_again($node), 'the server recovers');
is(counter($node, 'acme', 'gpu'), '3', 'what it had taken is free after a crash');
is(counter($node, 'acme', 'tokens'), '700', 'and what was committed is not');

# Who was above a limit before has no burst left, because nobody knows since when.
sql(q{SELECT ideamine.set_quotas('acme', max_cpu_cores => 10, burst_seconds => 3600); SELECT ideamine.enforce_quota('acme', 'cpu', 11)});
my $burst = q{SELECT allowed, reason FROM ideamine.check_quota('acme', 'cpu', 1)};
is(sql($burst), 't|', 'a tenant bursts');
$node->restart;
is(sql($burst), 'f|burst_exhausted', 'and does not begin anew after a restart');

# In the middle of a day.
$node->restart;
is(counter($node, 'acme', 'tokens'), '700', 'a restart keeps what was consumed today');
is(sql(q{SELECT allowed, reason FROM ideamine.enforce_quota('acme', 'tokens', 301)}), 'f|limit_exceeded', 'and the limit');

# One process dies, and the postmaster starts all the others anew.
sql('ALTER SYSTEM SET restart_after_crash = on');
$node->reload;
$session = $node->background_psql('postgres');
$session->query_safe(q{BEGIN; SELECT ideamine.enforce_quota('acme', 'gpu', 5)});
my $victim = $node->background_psql('postgres');
my $process = $victim->query_safe('SELECT pg_backend_pid()');
my $log = -s $node->logfile;
kill 'KILL', $process;
eval { $victim->quit };
eval { $session->quit };
# until the postmaster has noticed, the server answers as before
ok($node->wait_for_log(qr/all server processes terminated/, $log), 'the server starts anew');
$node->poll_query_until('postgres', 'SELECT true');
is(counter($node, 'acme', 'gpu'), '3', 'after a process has crashed counters are loaded anew');
is(sql(q{SELECT allowed, current FROM ideamine.enforce_quota('acme', 'gpu', 5)}), 't|8', 'and there is room');

$node->stop;
done_testing();
