# The end of a day: what was taken before counts in the day that it was taken in, however late it is committed.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Quota qw(new_node counter);
use Test::More;

my $node = new_node('node');
sub sql { return $node->safe_psql('postgres', @_); }

# Partitions are there, as a worker would have made them. A tenant whose day ends in a moment, as if it had moved.
sql(q{
	SELECT ideamine.roll_up_usage();
	SELECT ideamine.set_quotas('acme', max_tokens_per_day => 10, max_cost_per_day_usd => 10, max_gpus => 5, throttle_threshold => 1);
	SELECT ideamine.update_user_quota_limits('acme', 'ann', 'p', max_tokens_daily => 10)});
sub end_of_day_in
{
	my ($seconds) = @_;
	sql(qq{UPDATE ideamine.tenant_quotas SET previous_time_zone = 'UTC', previous_time_zone_since = time_zone_since,
		time_zone_since = clock_timestamp() + interval '$seconds seconds'});
	return;
}
sub wait_for_next_day
{
	ok($node->poll_query_until('postgres', 'SELECT clock_timestamp() > time_zone_since FROM ideamine.tenant_quotas'), 'a new day');
	return;
}
sub tokens_of_ann { return sql(q{SELECT used_tokens FROM ideamine.get_user_quota_status('acme', 'ann', 'p')}); }

# All of this has to be done before the day is over, and a slow machine gets another try.
my ($committing, $undoing, $before);
for my $seconds (2, 10, 60)
{
	sql(q{SELECT ideamine.reload_counters(); TRUNCATE ideamine.tenant_usage, ideamine.user_usage});
	end_of_day_in($seconds);
	($committing, $undoing) = map { $node->background_psql('postgres') } 1 .. 2;
	$committing->query_safe(q{BEGIN; SELECT ideamine.enforce_quota('acme', 'tokens', 5), ideamine.enforce_quota('acme', 'gpu', 2),
		ideamine.increment_user_quota('acme', 'ann', 'p', tokens => 5)});
	$undoing->query_safe(q{BEGIN; SELECT ideamine.enforce_quota('acme', 'tokens', 4), ideamine.enforce_quota('acme', 'gpu', 1),
		ideamine.increment_user_quota('acme', 'ann', 'p', tokens => 4)});
	$before = counter($node, 'acme', 'tokens') . ' ' . counter($node, 'acme', 'gpu') . ' ' . tokens_of_ann();
	last if sql('SELECT clock_timestamp() < time_zone_since FROM ideamine.tenant_quotas') eq 't';
	$_->quit for $committing, $undoing;
}
is($before, '9 3 9', 'what two transactions have taken counts');
wait_for_next_day();
is(counter($node, 'acme', 'tokens'), '0', 'nothing is consumed yet on the new day');
is(tokens_of_ann(), '0', 'by the user, either');
is(counter($node, 'acme', 'gpu'), '3', 'what is held is held on');
is(sql(q{SELECT allowed, current FROM ideamine.enforce_quota('acme', 'tokens', 10)}), 't|10', 'all of it can be taken');
is(sql(q{SELECT allowed, remaining_tokens FROM ideamine.increment_user_quota('acme', 'ann', 'p', tokens => 8)}), 't|2', 'by the user, too');
$committing->query_safe('COMMIT');
is(counter($node, 'acme', 'tokens'), '10', 'a commit of what was taken the day before changes nothing');
is(tokens_of_ann(), '8', 'of the user, either');
$undoing->query_safe('ROLLBACK');
is(counter($node, 'acme', 'tokens'), '10', 'nor does a rollback');
is(tokens_of_ann(), '8', 'of the user, either');
is(counter($node, 'acme', 'gpu'), '2', 'which gives back what was held');
is(sql(q{SELECT allowed, reason FROM ideamine.check_quota('acme', 'tokens', 1)}), 'f|throttled', 'the new day has its own threshold');
is(sql(q{SELECT sum(amount) FROM ideamine.tenant_usage WHERE resource = 'tokens' GROUP BY window_start ORDER BY window_start}), "5\n10",
	'the rows are of the days in which it was taken');
is(sql(q{SELECT sum(amount) FROM ideamine.user_usage WHERE resource = 'tokens' GROUP BY window_start ORDER BY window_start}), "5\n8",
	'those of the user as well');
is(sql(q{SELECT DISTINCT state FROM ideamine.audit_counters()}), 'ok', 'counters say what their rows say');
sql('SELECT ideamine.reload_counters()');
is(counter($node, 'acme', 'tokens') . ' ' . tokens_of_ann() . ' ' . counter($node, 'acme', 'gpu'), '10 8 2',
	'and so they do when they are loaded again');
$_->quit for $committing, $undoing;

$node->stop;
done_testing();
