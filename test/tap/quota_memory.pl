# More tenants than fit into memory: whose counters had to go is answered as if they had not.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node counter counters_are_sums);
use Test::More;

plan skip_all => 'QUOTA_STORM does not name the program quota_storm' unless $ENV{QUOTA_STORM};

my $tenants = 4000;
my $node = new_node('memory', conf => "ideamine.counter_memory = '1MB'\n");
sub sql { return $node->safe_psql('postgres', @_); }

# Goes through all tenants, so that whatever can be removed from memory was.
my $sweep = qq{SELECT count(*) FROM generate_series(1, $tenants) AS i,
	LATERAL ideamine.check_quota('storm' || i, 'gpu', 1) WHERE current >= 0};

# Ids of all lengths; each tenant holds something, and some have consumed something.
sql(qq{
	SELECT ideamine.set_quotas('storm' || i, max_gpus => 100, max_cpu_cores => 10, max_memory_gb => 10,
		burst_seconds => 3600, throttle_enabled => false) FROM generate_series(1, $tenants) AS i;
	SELECT ideamine.set_quotas('storm' || repeat(i::text, 40), max_gpus => 100) FROM generate_series(1000, 1999) AS i;
	DO \$\$
	DECLARE
		tenant text;
		i integer := 0;
	BEGIN
		FOR tenant IN SELECT tenant_id FROM ideamine.tenant_quotas LOOP
			i := i + 1;
			PERFORM ideamine.enforce_quota(tenant, 'gpu', 1 + i % 7);
			IF i % 3 = 0 THEN PERFORM ideamine.enforce_quota(tenant, 'tokens', i); END IF;
			IF i % 5 = 0 THEN PERFORM ideamine.release_quota(tenant, 'gpu', 1); END IF;
			COMMIT;
		END LOOP;
	END
	\$\$;
});
counters_are_sums($node, 'counters that are loaded again are the sums of their rows');

# What transactions in progress hold does not go.
my $holder = $node->background_psql('postgres');
$holder->query_safe(q{BEGIN;
	SELECT ideamine.enforce_quota('storm' || i, 'gpu', 50) FROM generate_series(1, 20) AS i;
	SAVEPOINT a; SELECT ideamine.enforce_quota('storm' || i, 'gpu', 20) FROM generate_series(1, 10) AS i;
	RELEASE a; SAVEPOINT b; SELECT ideamine.enforce_quota('storm' || i, 'gpu', 10) FROM generate_series(1, 10) AS i;
	ROLLBACK TO b; SELECT ideamine.release_quota('storm' || i, 'gpu', 1) FROM generate_series(1, 20) AS i});
my $held = q{
	SELECT count(*) FROM generate_series(1, 20) AS i, LATERAL ideamine.check_quota('storm' || i, 'gpu', 1)
	WHERE current = CASE WHEN i <= 10 THEN 70 ELSE 50 END
		+ (SELECT sum(amount) FROM ideamine.tenant_usage WHERE tenant_id = 'storm' || i AND resource = 'gpu')};
is(sql($held), '20', 'what a transaction in progress holds counts');
is(sql($sweep), $tenants, 'others come and go');
is(sql($held), '20', 'it still counts when all others have come and gone');
$holder->query_safe('ROLLBACK');
$holder->quit;
counters_are_sums($node, 'and is given back');

# A tenant that bursts goes on with its burst, and one that has none left does not get another one.
sql(q{SELECT ideamine.set_quotas('stormy', max_cpu_cores => 10, throttle_enabled => false)});
sql(q{SELECT ideamine.enforce_quota('stormy', 'cpu', 11)});
is(sql(q{SELECT allowed, burst_allowed FROM ideamine.check_quota('stormy', 'cpu', 1)}), 't|t', 'a tenant bursts');
sql($sweep);
is(sql(q{SELECT allowed, burst_allowed FROM ideamine.check_quota('stormy', 'cpu', 1)}), 't|t', 'and still does');

# A tenant that is throttled stays so, whether that is written down yet or not.
sql(q{SELECT ideamine.set_quotas('throttled', max_gpus => 10); SELECT ideamine.enforce_quota('throttled', 'gpu', 9)});
my $throttled = q{SELECT reason, throttled_until > now() + interval '4 minutes' FROM ideamine.check_quota('throttled', 'gpu', 1)};
is(sql($throttled), 'throttled|t', 'a tenant is throttled');
sql($sweep);
is(sql($throttled), 'throttled|t', 'and still is');
sql('SELECT ideamine.record_violations()');
sql($sweep);
is(sql($throttled), 'throttled|t', 'and when that is written down');

# Tokens throttle once a day, whatever the limit was.
sql(q{
	SELECT ideamine.set_quotas('spender', max_tokens_per_day => 100);
	SELECT ideamine.enforce_quota('spender', 'tokens', 95);
	SELECT ideamine.set_quotas('spender', max_tokens_per_day => 1000);
	SELECT ideamine.record_violations();
	UPDATE ideamine.quota_violations SET first_at = first_at - interval '10 minutes', last_at = last_at - interval '10 minutes'});
sql($sweep);
is(sql(q{SELECT allowed, throttled_until FROM ideamine.enforce_quota('spender', 'tokens', 850)}), 't|',
	'what has throttled today does not throttle again');

# In a storm, while others come and go.
my ($out, $err) = ('', '');
my $storm = IPC::Run::start([ $ENV{QUOTA_STORM}, '--dsn', $node->connstr('postgres'), '--transactions', 60 ], '>', \$out, '2>', \$err);
my $sweeps = 0;
for (; $storm->pumpable; ++$sweeps)
{
	sql($sweep);
	$storm->pump_nb;
}
$storm->finish;
is($storm->result(0), 0, 'a storm in little memory: nothing passed a limit, and counters are the sums of their rows')
  or diag("$out$err");
cmp_ok($sweeps, '>', 1, 'others came and went meanwhile');

# Whoever wants more than there is gets an error, and nobody else is worse off.
my ($status, undef, $error) = $node->psql('postgres', q{
	BEGIN; SELECT ideamine.record_usage(tenant_id, 'gpu', 1) FROM ideamine.tenant_quotas; COMMIT});
like($error, qr/the memory for counters is used up.*ideamine\.counter_memory/s, 'a transaction that needs more than there is fails');
is(sql($sweep), $tenants, 'after which all goes on');
counters_are_sums($node, 'with counters that are the sums of their rows');

$node->stop;
done_testing();
