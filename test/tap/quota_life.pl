# Counters in the life of sessions and of the extension: whose limits hold where, what cannot be prepared, who waits for
# whom, and what is there after DROP EXTENSION.
use strict;
use warnings;

use IPC::Run;
use List::Util;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node counter error_of);
use Test::More;

my $node = new_node('node', conf => "max_prepared_transactions = 5\n");
sub sql { return $node->safe_psql('postgres', @_); }

# What four sessions answer that execute a statement at the same time.
sub at_once
{
	my ($statement) = @_;
	my @answers = ('') x 4;
	my @sessions = map {
		IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $statement ], '>', \$answers[$_])
	} 0 .. $#answers;
	$_->finish or die 'a session failed' for @sessions;
	chomp @answers;
	return @answers;
}

# ---- limits that are changed ---------------------------------------------------------------------

sql(q{SELECT ideamine.set_quotas('acme', max_gpus => 8, throttle_enabled => false)});
my @sessions = map { $node->background_psql('postgres') } 1 .. 4;
my $limit = q{SELECT "limit" FROM ideamine.check_quota('acme', 'gpu', 1)};
sub limits { return join ' ', map { $_->query_safe($limit) } @sessions; }

is(limits(), '8 8 8 8', 'four sessions know the limit');
my $changer = $sessions[0];
$changer->query_safe(q{BEGIN; SELECT ideamine.set_quotas('acme', max_gpus => 9)});
is(limits(), '9 8 8 8', 'a change holds at once where it is made, and nowhere else');
is($changer->query_safe(q{SELECT allowed FROM ideamine.enforce_quota('acme', 'gpu', 9)}), 't', 'it is judged by there');
is($sessions[1]->query_safe(q{SELECT allowed, current, remaining FROM ideamine.check_quota('acme', 'gpu', 1)}), 'f|9|0',
	'what was taken under it counts for all');
$changer->query_safe('COMMIT');
is(limits(), '9 9 9 9', 'when it is committed it holds for all');

$changer->query_safe(q{BEGIN; SELECT ideamine.set_quotas('acme', max_gpus => 20)});
is(limits(), '20 9 9 9', 'another one');
$changer->query_safe('ROLLBACK');
is(limits(), '9 9 9 9', 'that is rolled back holds for nobody');

$changer->query_safe(q{BEGIN; SELECT ideamine.set_quotas('acme', max_gpus => 30); SAVEPOINT a});
$changer->query_safe(q{SELECT ideamine.set_quotas('acme', max_gpus => 31)});
is(limits(), '31 9 9 9', 'a change after a savepoint');
is($changer->query_safe($limit), '31', 'which holds as long as nobody else asks');
$changer->query_safe('ROLLBACK TO a');
is($changer->query_safe($limit), '30', 'is undone with it');
is(limits(), '30 9 9 9', 'for all');
$changer->query_safe(q{SAVEPOINT b; SELECT ideamine.set_quotas('acme', max_gpus => 32); RELEASE b; COMMIT});
is(limits(), '32 32 32 32', 'and holds with it');

sql(q{UPDATE ideamine.tenant_quotas SET max_gpus = 33});
is(limits(), '33 33 33 33', 'a change by UPDATE holds as well');
sql(q{DELETE FROM ideamine.tenant_quotas WHERE tenant_id = 'acme'});
is(limits(), '2 2 2 2', 'without quotas of its own a tenant has those of its tier');
sql(q{UPDATE ideamine.tenants SET tier = 'premium' WHERE tenant_id = 'acme'});
is(limits(), '8 8 8 8', 'which may change');

# A session that ends in the middle.
$changer->query_safe(q{BEGIN; SELECT ideamine.set_quotas('acme', max_gpus => 40)});
is(limits(), '40 8 8 8', 'a change by a session that is terminated');
sql('SELECT pg_terminate_backend(' . $changer->query_safe('SELECT pg_backend_pid()') . ', 60000)');
eval { $changer->quit };
shift @sessions;
is(limits(), '8 8 8', 'holds for nobody');

# Sessions that need the same tenants for the first time, at once.
my $tenants = 3000;
my $accounts = 'SELECT accounts FROM ideamine.get_counter_memory()';
sql(qq{INSERT INTO ideamine.tenants (tenant_id, name, tier, metadata, created_at)
	SELECT 'new' || i, 'new', 'standard', '{}', now() FROM generate_series(1, $tenants) AS i});
my $known = sql($accounts);
my @answers = at_once(qq{SELECT count(*) FROM generate_series(1, $tenants) AS i
	WHERE ideamine.has_quota('new' || i, 'gpu', 1)});
is("@answers", join(' ', ($tenants) x @answers), 'sessions ask for the same tenants for the first time');
is(sql($accounts) - $known, $tenants, 'and count with the same account of each');

# Sessions that take the same, at once.
sql(q{SELECT ideamine.set_quotas('race', max_gpus => 50000, throttle_enabled => false)});
@answers = at_once(q{SELECT count(*) FILTER (WHERE allowed)
	FROM generate_series(1, 20000) AS i, LATERAL ideamine.enforce_quota('race', 'gpu', 1 + 0 * i)});
is(List::Util::sum(@answers), 50000, 'sessions take all there is between them, and no more');
is(counter($node, 'race', 'gpu'), '50000', 'and each of them counts');

# A tenant that is never committed.
$changer = $sessions[0];
$changer->query_safe(q{BEGIN; SELECT ideamine.create_tenant('ghost', tier => 'enterprise')});
is($changer->query_safe(q{SELECT allowed, current, "limit" FROM ideamine.enforce_quota('ghost', 'gpu', 5)}), 't|5|Infinity',
	'a new tenant may use quota where it is made');
like(error_of($node, q{SELECT ideamine.check_quota('ghost', 'gpu', 1)}), qr/^ID404/, 'elsewhere it is not known');
$changer->query_safe('ROLLBACK');
like(error_of($node, q{SELECT ideamine.check_quota('ghost', 'gpu', 1)}), qr/^ID404/, 'nor anywhere, after a rollback');
sql(q{SELECT ideamine.create_tenant('ghost', tier => 'standard')});
is(sql(q{SELECT current, "limit" FROM ideamine.check_quota('ghost', 'gpu', 1)}), '0|2', 'a later one of that name is another one');

# ---- prepared transactions -----------------------------------------------------------------------

sql(q{SELECT ideamine.set_quotas('pia', max_gpus => 10, throttle_enabled => false); SELECT ideamine.record_usage('pia', 'gpu', 5)});
for my $call (
	q{enforce_quota('pia', 'gpu', 1)}, q{release_quota('pia', 'gpu', 1)}, q{record_usage('pia', 'gpu', 1)},
	q{enforce_quotas('pia', '{"gpu": 1}')}, q{set_quotas('pia', max_gpus => 11)})
{
	like(error_of($node, "BEGIN; SELECT ideamine.$call; PREPARE TRANSACTION 'p'"), qr/^ID409: cannot prepare/, "$call cannot be prepared");
	is(sql(q{SELECT current, "limit" FROM ideamine.check_quota('pia', 'gpu', 1)}), '5|10', 'and was never called');
}
like(error_of($node, q{BEGIN; SAVEPOINT a; SELECT ideamine.enforce_quota('pia', 'gpu', 1); RELEASE a; PREPARE TRANSACTION 'p'}),
	qr/^ID409/, 'also not after a savepoint that was released');
for my $nothing (
	q{SELECT ideamine.check_quota('pia', 'gpu', 1)}, q{SELECT ideamine.enforce_quota('pia', 'gpu', 100)},
	q{SELECT ideamine.release_quota('pia', 'cpu', 1)},
	q{SAVEPOINT a; SELECT ideamine.enforce_quota('pia', 'gpu', 1); ROLLBACK TO a})
{
	is(error_of($node, "BEGIN; $nothing; PREPARE TRANSACTION 'p'; ROLLBACK PREPARED 'p'"), '', "what took nothing can be: $nothing");
}
sql(q{BEGIN; SELECT ideamine.create_tenant('prepared', tier => 'premium'); SELECT ideamine.has_quota('prepared', 'gpu', 1);
	PREPARE TRANSACTION 'p'});
like(error_of($node, q{SELECT ideamine.check_quota('prepared', 'gpu', 1)}), qr/^ID404/, 'a tenant may be made by a prepared transaction');
sql(q{COMMIT PREPARED 'p'});
is(sql(q{SELECT "limit" FROM ideamine.check_quota('prepared', 'gpu', 1)}), '8', 'and is there when that is committed');

# ---- counters that cannot be loaded --------------------------------------------------------------

sql(q{SELECT ideamine.set_quotas('slow', max_gpus => 10)});
my ($locker, $loader) = map { $node->background_psql('postgres') } 1 .. 2;
$locker->query_safe('BEGIN; LOCK TABLE ideamine.tenant_usage IN ACCESS EXCLUSIVE MODE');
my $process = $loader->query_safe('SELECT pg_backend_pid()');
$loader->query_until(qr/begun/, "\\echo begun\nSELECT ideamine.check_quota('slow', 'gpu', 1);\n");
$node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $process");
like(error_of($node, q{SET ideamine.counter_load_timeout = '20ms'; SELECT ideamine.check_quota('slow', 'gpu', 1)}),
	qr/^ID503: the counters are not ready/, 'who waits too long for a counter is told so');
is(sql($limit), '8', 'counters that are loaded are not concerned');
sql("SELECT pg_terminate_backend($process, 60000)");
eval { $loader->quit };
$loader = $node->background_psql('postgres', on_error_stop => 0);
$process = $loader->query_safe('SELECT pg_backend_pid()');
$loader->query_until(qr/begun/, "\\echo begun\nSELECT allowed FROM ideamine.enforce_quota('slow', 'gpu', 10);\n\\echo done\n");
ok($node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $process"),
	'when who loaded it is terminated, another one does');
$locker->query_safe('COMMIT');
$loader->query_until(qr/done/, '');
is(counter($node, 'slow', 'gpu'), '10', 'and gets what it asked for');
is(sql(q{SELECT DISTINCT state FROM ideamine.audit_counters()}), 'ok', 'nobody has any counter in hand any more');

# ---- the extension ---------------------------------------------------------------------------------

my $before = $node->background_psql('postgres');
is($before->query_safe($limit), '8', 'a session before DROP EXTENSION');
$_->quit for @sessions, $locker, $loader;
sql('DROP EXTENSION ideamine; CREATE EXTENSION ideamine');
is(sql(q{SELECT count(*) FROM pg_class WHERE relname LIKE 'tenant_usage_2%'}), '0', 'partitions go with the extension');
like(error_of($node, q{SELECT ideamine.check_quota('acme', 'gpu', 1)}), qr/^ID404/, 'a new one knows nobody');
sql(q{SELECT ideamine.set_quotas('acme', max_gpus => 3)});
is(sql(q{SELECT current, "limit" FROM ideamine.check_quota('acme', 'gpu', 1)}), '0|3', 'and its counters begin at zero');
is($before->query_safe(q{SELECT current, "limit" FROM ideamine.check_quota('acme', 'gpu', 1)}), '0|3', 'in old sessions, too');
is($before->query_safe(q{SELECT allowed FROM ideamine.enforce_quota('acme', 'gpu', 3)}), 't', 'which go on');
$before->quit;

# Two databases are two worlds.
sql('CREATE DATABASE other');
$node->safe_psql('other', q{CREATE EXTENSION ideamine; SELECT ideamine.set_quotas('acme', max_gpus => 5, throttle_enabled => false)});
is(counter($node, 'acme', 'gpu', 'other'), '0', 'the same tenant in another database is another one');
sql('CREATE DATABASE copy TEMPLATE other');
is($node->safe_psql('other', q{SELECT allowed FROM ideamine.enforce_quota('acme', 'gpu', 5)}), 't', 'which may use its own');
is(counter($node, 'acme', 'gpu', 'copy'), '0', 'also in a copy');
is(counter($node, 'acme', 'gpu'), '3', 'and here');
$node->stop;

# ---- a server that does not preload it -----------------------------------------------------------

my $plain = new_node('plain', preload => 0);
$plain->safe_psql('postgres', q{SELECT ideamine.set_quotas('acme', max_gpus => 3)});
for my $call ('check_quota', 'has_quota', 'enforce_quota', 'release_quota', 'record_usage')
{
	like(error_of($plain, "SELECT ideamine.$call('acme', 'gpu', 1)"),
		qr/^ID503: .*HINT:  Add shared_preload_libraries = 'ideamine' to postgresql\.conf and restart/s,
		"$call says what is missing where the library is not preloaded");
}
like(error_of($plain, 'SELECT ideamine.record_violations()'), qr/^ID503/, 'and record_violations');
$plain->stop;
done_testing();
