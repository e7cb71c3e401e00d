# Every SQL function gets random arguments, 100,000 times: sensible ones, so that the code behind the checks is
# reached, and hostile ones. The server never crashes, every error is one of ours or a plain one of the server's, and the
# tables are consistent afterwards. Functions are found in the catalogue: one that is added later is called, too.
#
#   IDEAMINE_FUZZ_SEED=N    other calls than those of every run, or those of the run that printed it (ids are made anew,
#                           and differ); random: as yet unknown ones
#   IDEAMINE_FUZZ_CALLS=N   another number of calls
use strict;
use warnings;

use Invariants qw(is_consistent);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{IDEAMINE_FUZZ_SEED} // 1;
$seed = int(rand(1_000_000_000)) if $seed eq 'random';
my $wanted = $ENV{IDEAMINE_FUZZ_CALLS} // 100_000;
my $batch_size = 200;
diag("IDEAMINE_FUZZ_SEED=$seed");

# What may be raised: misuse in our own words, or values that the server's own types refuse (data exceptions, numbers
# out of range, JSON nested deeper than its stack).
my $allowed = '^(00000|ID...|22...|54001)$';
# Messages of checks that the server makes of itself have codes of their own, but not all do.
my $internal = 'cache lookup failed|unexpected|could not find|not found in|unrecognized';

my $node = PostgreSQL::Test::Cluster->new('arguments');
$node->init;
$node->append_conf('postgresql.conf', $ENV{IDEAMINE_NODE_CONF} // '');
# Small limits, so that they are reached by small values. The worker of a database without the extension does nothing:
# it is there to be detached and attached.
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'ideamine'
ideamine.databases = 'other'
ideamine.worker_restart_gap = 100
ideamine.max_payload_size = '32kB'
ideamine.max_batch_size = 300
restart_after_crash = off
log_statement = none
log_error_verbosity = terse
log_min_error_statement = panic
max_locks_per_transaction = 1000
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION ideamine;
CREATE ROLE fuzz_login;
CREATE SCHEMA fuzz;
CREATE UNLOGGED TABLE fuzz.calls (n integer, routine text, call text);
CREATE UNLOGGED TABLE fuzz.answers (n integer, routine text, sqlstate text, message text, call text);

-- Makes jobs in every state, and tells what calls may name: leases with their workers, and workers.
CREATE FUNCTION fuzz.restock() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  tenant text;
  worker uuid;
  lease record;
BEGIN
  FOREACH tenant IN ARRAY '{acme,beta}'::text[] LOOP
    PERFORM ideamine.create_tenant(tenant);
    PERFORM ideamine.create_project(tenant, 'p');
    PERFORM ideamine.create_jobs(tenant, (
      SELECT jsonb_agg(jsonb_build_object('key', i::text, 'job_type', 'work', 'max_retries', i % 3,
        'priority_class', 'P' || i % 4, 'timeout', CASE WHEN i % 5 = 0 THEN '1 s' END, 'retry_base', '0',
        'on_failure', (ARRAY['cancel', 'run', 'blocked'])[i % 3 + 1],
        'depends_on', CASE WHEN i > 12 THEN jsonb_build_array((i - 12)::text, (i - 1)::text) ELSE '[]' END))
      FROM generate_series(1, 18) i));
    PERFORM ideamine.create_job(tenant, 'keyed', options => '{"concurrency_key": "k", "concurrency_limit": 2}')
      FROM generate_series(1, 3);
    PERFORM ideamine.create_job(tenant, 'voted', options => '{"quorum": {"votes": 3, "agree": 2}}');
    -- other calls may have left nothing to be had
    PERFORM ideamine.set_quotas(tenant, 'enterprise');
    PERFORM ideamine.set_platform_capacity(unnest('{cpu,memory,gpu}'::text[]), NULL);
    DELETE FROM ideamine.tenant_quotas q WHERE q.tenant_id = tenant;
    PERFORM ideamine.resume_queue(q.tenant_id, q.queue) FROM ideamine.paused_queues q WHERE q.tenant_id = tenant;
    worker := ideamine.register_worker('fuzz', '{gpu}', NULL, ARRAY[tenant]);
    PERFORM ideamine.acquire_jobs(worker, 8);
    PERFORM ideamine.register_worker('idle', '{}', 3);
  END LOOP;
  -- whatever other calls did, one in four of the workers has failed
  worker := ideamine.register_worker('silent');
  UPDATE ideamine.workers w SET last_heartbeat_at = now() - interval '1 day' WHERE w.worker_id = worker;
  PERFORM ideamine.mark_stale_workers();
  RETURN QUERY SELECT 'worker|' || worker FROM generate_series(1, 2);
  PERFORM ideamine.load_model_prices('{"gpt": {"max_tokens": 4096, "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}}');
  RETURN QUERY SELECT concat_ws('|', 'job', j.tenant_id, j.job_id, j.epoch, coalesce(j.worker_id, gen_random_uuid()))
    FROM (SELECT * FROM ideamine.jobs ORDER BY status = 'running' DESC, job_id DESC LIMIT 60) j;
  RETURN QUERY SELECT 'worker|' || w.worker_id
    FROM (SELECT * FROM ideamine.workers ORDER BY worker_id DESC LIMIT 8) w;
END
$$;

-- What a call answered. The call itself is kept if it should not have.
CREATE FUNCTION fuzz.note(n integer, routine text, call text, state text, message text) RETURNS void LANGUAGE sql
AS $$
  INSERT INTO fuzz.answers VALUES (n, routine, state, left(message, 500), CASE
    WHEN state !~ current_setting('fuzz.allowed') OR message ~ current_setting('fuzz.internal') THEN call END)
$$;

-- Each call in a subtransaction. The log says which is next, should it be the last.
CREATE FUNCTION fuzz.run() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  next record;
  state text;
  message text;
BEGIN
  FOR next IN SELECT * FROM fuzz.calls ORDER BY n LOOP
    RAISE LOG 'fuzz call %', next.n;
    state := '00000';
    message := '';
    BEGIN
      EXECUTE next.call;
    EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    END;
    PERFORM fuzz.note(next.n, next.routine, next.call, state, message);
  END LOOP;
END
$$;
SQL

# ---- the routines, and what is known of the database ---------------------------------------------

# Each with its arguments: name, type, what kind of type (as pg_type.typtype), whether it may be left out.
my @routines;
for (split /\n/, $node->safe_psql('postgres', q{
	SELECT p.oid::regproc, p.prokind, p.proretset, coalesce(a.i, 0), a.name,
		format_type(a.type, NULL), t.typtype, a.i > p.pronargs - p.pronargdefaults
	FROM pg_proc p
	LEFT JOIN LATERAL unnest(p.proargtypes::oid[], p.proargnames[1:p.pronargs]) WITH ORDINALITY
		AS a (type, name, i) ON true
	LEFT JOIN pg_type t ON t.oid = a.type
	WHERE p.pronamespace = 'ideamine'::regnamespace AND p.prokind IN ('f', 'p')
	ORDER BY p.proname, a.i}))
{
	my ($name, $kind, $set, $i, $argument, $type, $type_kind, $optional) = split /\|/, $_, -1;
	push @routines, { name => $name, kind => $kind, set => $set eq 't', arguments => [] } if $i <= 1;
	push @{ $routines[-1]{arguments} },
	  { name => $argument, type => $type, kind => $type_kind, optional => $optional eq 't' }
	  if $i > 0;
}
# Sweeps that are told a late time end what other calls need; there is little to be found in their one argument.
my ($sweeps, $others) = (
	[ grep { $_->{arguments}[0] && $_->{arguments}[0]{name} eq 'at' } @routines ],
	[ grep { !$_->{arguments}[0] || $_->{arguments}[0]{name} ne 'at' } @routines ]);
cmp_ok(scalar @routines, '>=', 20, 'there are functions to be called');

my $folder = PostgreSQL::Test::Utils::tempdir();
my (@leases, @workers);

sub restock
{
	my ($session) = @_;
	(@leases, @workers) = ();
	# by a file, because the session notes every answer
	$session->query_safe("\\copy (SELECT fuzz.restock()) TO '$folder/stock'");
	for (split /\n/, slurp_file("$folder/stock"))
	{
		my ($what, @values) = split /\|/;
		push @workers, $values[0] if $what eq 'worker';
		push @leases, { tenant => $values[0], job => $values[1], epoch => $values[2], worker => $values[3] }
		  if $what eq 'job';
	}
	return;
}

# ---- values --------------------------------------------------------------------------------------

sub one_of { return $_[ rand @_ ]; }
sub chance { my ($percent) = @_; return rand(100) < $percent; }

# Any bytes but the server's terminator as a literal.
sub literal
{
	my ($text) = @_;
	$text =~ s/([\\'\x01-\x1f\x7f])/sprintf '\\%03o', ord $1/ge;
	return "E'$text'";
}

sub random_uuid { return join '-', map { join '', map { sprintf '%x', rand 16 } 1 .. $_ } 8, 4, 4, 4, 12; }

my @words = ('acme', 'beta', 'gamma', 'default-tenant', 'work', 'gpu', 'P0', 'P3', '5', 'premium', 'x');
my @bad_words = (
	'', ' ', "a\nb", "\x01", "\x7f", "\xc2\x85", "\xe2\x80\xae", "\xf0\x9f\x90\x98", 'NULL', "'; DROP TABLE ideamine.jobs;--",
	'{}', '{a', '\\', '%s%n%p', "\xe2\x84\xab" x 70, 'x' x 200, 'x' x 201, "\xc3\xa9" x 100, "\xc3\xa9" x 101, '-1', '1e999',
	'NaN', '../../etc', '$1', '9' x 30);

# JSON from a structure of Perl's; a reference to text stands for that text as it is.
sub json
{
	my ($value) = @_;
	return 'null' if !defined $value;
	my $kind = ref $value;
	return $$value if $kind eq 'SCALAR';
	return '[' . join(',', map { json($_) } @$value) . ']' if $kind eq 'ARRAY';
	return '{' . join(',', map { json($_) . ':' . json($value->{$_}) } sort keys %$value) . '}' if $kind eq 'HASH';
	$value =~ s/([\\"\x01-\x1f])/sprintf '\\u%04x', ord $1/ge;
	return "\"$value\"";
}

sub raw { my ($text) = @_; return \$text; }

sub bad_json_value
{
	return one_of(
		undef, one_of(@bad_words), one_of(@bad_words), raw('true'), raw(one_of(qw(0 -1 1e400 -0 0.1 1e-400))),
		raw(one_of(qw(2147483647 2147483648 9223372036854775807 9223372036854775808 -9223372036854775809))),
		raw('9' x one_of(20, 400, 20_000)), raw('"\u0000"'), raw('"\ud800"'), [], {}, [ [], {} ], { '' => undef },
		[ map { undef } 1 .. one_of(1, 301) ], 'x' x one_of(1000, 33_000),
		raw('[' x 40 . ']' x 40), chance(5) ? raw('[' x 3000 . ']' x 3000) : 'x', random_uuid(), one_of(@leases)->{job});
}

# Changes something somewhere in a structure.
sub mutated
{
	my ($value) = @_;
	my $kind = ref $value;
	if (chance(20) || ($kind ne 'ARRAY' && $kind ne 'HASH'))
	{
		return bad_json_value();
	}
	if ($kind eq 'ARRAY')
	{
		return [ @$value, bad_json_value() ] if chance(10) || !@$value;
		return [ @$value, @$value ] if chance(10);
		my $i = int(rand @$value);
		return [ map { $_ == $i ? mutated($value->[$_]) : $value->[$_] } 0 .. $#$value ];
	}
	my @keys = sort keys %$value;
	return { %$value, one_of('', 'no such key', @bad_words) => bad_json_value() } if chance(10) || !@keys;
	my $key = one_of(@keys);
	return { map { $_ => $value->{$_} } grep { $_ ne $key } @keys } if chance(15);
	return { %$value, $key => mutated($value->{$key}) };
}

my @policies = qw(cancel run blocked);

sub job_options
{
	my %all = (
		queue => one_of(@words), required_capabilities => [ map { one_of(@words) } 1 .. rand 3 ],
		max_retries => raw(int(rand 5)), retry_base => '1 ms', retry_cap => '1 s', retry_factor => raw('1.5'),
		timeout => one_of('1 s', '1 hour'), project => 'p', run => random_uuid(), phase => 'one',
		idempotency_key => one_of(@words), on_failure => one_of(@policies),
		needs => { cpu => raw('0.5'), memory => raw('1') });
	my %keyed = (concurrency_key => one_of(@words), concurrency_limit => raw(1 + int(rand 2)));
	my %voted = (quorum => { votes => raw(3), agree => raw(2) });
	my $special = rand(100);
	return { (map { $_ => $all{$_} } grep { chance(25) } sort keys %all),
		$special < 20 ? %keyed : $special < 30 ? %voted : () };
}

sub edge
{
	my ($job) = @_;
	return chance(50) ? $job : { job => $job, on_failure => one_of(@policies) };
}

sub job_objects
{
	my $count = one_of(0, 1, 2, 5, 20, chance(3) ? 301 : 3);
	return [ map {
		my $i = $_;
		+{ %{ job_options() }, key => "k$i", job_type => one_of(@words), priority_class => one_of('P0' .. 'P3', raw(5)),
			payload => { n => raw($i) }, run_at => one_of(undef, '2000-01-01', '2100-01-01'),
			depends_on => [ $i > 0 && chance(40) ? edge('k' . int(rand $i)) : (), chance(10) ? edge(one_of(@leases)->{job}) : () ] }
	} 0 .. $count - 1 ];
}

sub letter_filter
{
	my %all = (
		job_ids => [ map { one_of(@leases)->{job} } 1 .. rand 4 ], job_type => one_of(@words, 'keyed', 'voted'),
		priority_class => one_of('P0' .. 'P3'), died_before => '2100-01-01', limit => raw(1 + int(rand 20)));
	return { map { $_ => $all{$_} } grep { chance(30) } sort keys %all };
}

sub completions
{
	return [ map {
		my $lease = one_of(@leases);
		+{ tenant_id => $lease->{tenant}, job_id => $lease->{job}, epoch => raw($lease->{epoch}), result => { n => raw(1) } }
	} 1 .. one_of(0, 1, 3, 30) ];
}

sub project_settings
{
	my %all = (
		routing => { defaultLayer => one_of('L0', 'L1', undef), maxLayer => one_of('L1', 'L3', undef), maxCostPerRequest => raw('0.25') },
		security => { scanPrompts => raw('false'), redactSecrets => undef, blockedKeywords => [ map { one_of(@words) } 1 .. rand 4 ] },
		features => { enableCrossCheck => raw('true'), enableAutoEscalate => raw('true'), enableCache => undef });
	return { map { $_ => $all{$_} } grep { chance(60) } sort keys %all };
}

sub model_prices
{
	return { map { $_ => {
		litellm_provider => 'openai', mode => one_of(qw(chat embedding)), max_input_tokens => raw(one_of('8192', '1e6', '"many"')),
		max_tokens => raw(4096), input_cost_per_token => raw(one_of('2.5e-06', '0', '1000')),
		output_cost_per_token => raw(one_of('1e-05', 'null')), input_cost_per_token_above_1k_tokens => raw(one_of('2.5e-06', '1000')), search_cost => { low => raw('0.01') } }
	} one_of(@words), grep { chance(30) } @words };
}

sub thresholds
{
	my %all = (
		warn_at => raw(one_of('0.1', '0.5')), throttle_at => { at => raw('0.8'), action => one_of('alert', 'none', 'preempt-P3') },
		throttle_high_at => { action => 'preempt-P2-P3' }, pause_at => raw(one_of('0.95', '1')));
	return { map { $_ => $all{$_} } grep { chance(60) } sort keys %all };
}

sub preemption_policy
{
	my %rest = (
		for_class => one_of('P0', 'P1'), victims => one_of([ 'P3' ], [ 'P3', 'P2' ], [ 'P1', 'P2', 'P3' ]), together => raw('true'),
		enabled => raw(one_of('true', 'false')));
	return { resource => one_of(qw(cpu memory gpu)), threshold => raw(one_of(0, 0.5, 1)), map { $_ => $rest{$_} } grep { chance(30) } sort keys %rest };
}

sub amounts
{
	my @resources = qw(cpu memory storage tokens cost gpu concurrent_runs);
	return { map { $_ => raw(one_of(1, 0.5, 1000)) } one_of(@resources), grep { chance(30) } @resources };
}

# JSON of the shape that an argument of this name has.
my %shapes = (
	jobs => \&job_objects,
	completions => \&completions,
	done => \&completions,
	options => \&job_options,
	filter => \&letter_filter,
	settings => \&project_settings,
	amounts => \&amounts,
	prices => \&model_prices,
	thresholds => \&thresholds,
	policy => \&preemption_policy,
);

sub shaped_json
{
	my ($name) = @_;
	return $shapes{$name} ? $shapes{$name}->() : { a => raw(1), b => [ 'x', undef ], c => { d => raw('true') } };
}

# What an argument of this name may well be. $lease is the same for all arguments of a call.
my %sensible_names = (
	tenant_id => sub { my ($lease) = @_; return chance(90) ? literal($lease->{tenant}) : one_of('NULL', literal(one_of(@words))); },
	job_id => sub { my ($lease) = @_; return literal($lease->{job}); },
	epoch => sub { my ($lease) = @_; return $lease->{epoch} + (chance(85) ? 0 : one_of(-1, 1, -2**32)); },
	worker_id => sub { my ($lease) = @_; return literal(chance(50) ? $lease->{worker} : one_of(@workers)); },
	priority_class => sub { return literal(one_of(qw(P0 P1 P2 P3 1 2 3 4 5))); },
	for_class => sub { return literal(one_of(qw(P0 P1 P2 P3))); },
	tier => sub { return literal(one_of(qw(free standard premium enterprise))); },
	# what is far ahead makes every worker stale, and every job old
	at => sub { return one_of('NULL', 'now()', "now() - interval '1 day'", chance(10) ? "now() + interval '40 days'" : 'NULL'); },
	# nothing here may wait for long
	timeout => sub { return one_of("'0'", "'1 ms'", "'5 ms'"); },
	database => sub { return one_of('NULL', literal('other'), literal('nowhere')); },
	lease => sub { return one_of('NULL', "'1 s'", "'1 min'", "'1 day'"); },
	max_jobs => sub { return one_of(1, 1, 2, 10, 10_000); },
	depends_on => sub { return chance(60) ? "'{}'" : 'ARRAY[' . literal(one_of(@leases)->{job}) . ']::uuid[]'; },
	resource => sub { return literal(one_of(qw(cpu memory storage tokens cost gpu concurrent_runs))); },
	capacity => sub { return one_of('NULL', 0, 10, "'infinity'"); },
	time_zone => sub { return one_of('NULL', literal('UTC'), literal('Asia/Kathmandu')); },
	acting_user => sub { return one_of('NULL', literal(one_of(@words))); },
	project_id => sub { return one_of('NULL', literal('p'), literal('p'), literal('default-project'), literal(one_of(@words))); },
	role => sub { return literal(one_of(qw(viewer developer admin owner))); },
	at_least => sub { return literal(one_of(qw(viewer developer admin owner))); },
	login => sub { return literal(one_of('fuzz_login', 'fuzz_login', 'postgres', 'nobody')); },
	model => sub { return literal(one_of('gpt', 'gpt', one_of(@words))); },
	scope => sub { return literal(one_of(qw(project project project run tenant))); },
	scope_id => sub { return one_of(literal('p'), literal('p'), 'NULL', literal(one_of(@leases)->{job})); },
	period => sub { return literal(one_of(qw(once day month))); },
	reservation_id => sub { return '(SELECT reservation_id FROM ideamine.cost_reservations ORDER BY random() LIMIT 1)'; },
	tenants => sub { return one_of('NULL', "'{acme}'", "'{beta,acme,acme}'"); },
);

my %sensible_types = (
	'text' => sub { return literal(one_of(@words)); },
	'uuid' => sub { return literal(one_of(map { $_->{job} } @leases)); },
	'boolean' => sub { return one_of('true', 'false'); },
	'integer' => sub { return int(rand 10) + 1; },
	'bigint' => sub { return int(rand 100) + 1; },
	'numeric' => sub { return one_of('1', '0.5', '1000'); },
	'double precision' => sub { return one_of('1', '0.5', '1000'); },
	'interval' => sub { return one_of("'1 ms'", "'1 s'", "'1 min'"); },
	'timestamp with time zone' => sub { return one_of('now()', "now() + interval '1 s'", "'2000-01-01'"); },
);

my @bad_numbers = qw(0 -1 -2147483648 2147483647 1);
my @bad_big_numbers = (@bad_numbers, qw(4294967296 9223372036854775807 -9223372036854775808 9007199254740993));
my %hostile_types = (
	'text' => sub {
		return "repeat('\xc3\xa9', " . one_of(200, 20_000, chance(2) ? 5_000_000 : 300) . ')' if chance(15);
		# the server refuses these before the function sees them
		return q{convert_from('\xc328'::bytea, 'UTF8')} if chance(2);
		return q{convert_from('\xe28228c0'::bytea, 'LATIN1')} if chance(5);
		return literal(one_of(@bad_words));
	},
	'uuid' => sub { return one_of(map { literal($_) } random_uuid(), '0' x 32, 'f' x 32, one_of(@workers), 'ffffffff-0000-7000'); },
	'boolean' => sub { return one_of('true', 'false'); },
	'smallint' => sub { return one_of(qw(0 -1 32767 (-32768))); },
	'integer' => sub { return '(' . one_of(@bad_numbers) . ')'; },
	'bigint' => sub { return '(' . one_of(@bad_big_numbers) . ')'; },
	'numeric' => sub { return literal(one_of(@bad_big_numbers, 'NaN', 'Infinity', '-Infinity', '1e1000', '1e-1000', '-0')); },
	'double precision' => sub { return literal(one_of(@bad_big_numbers, 'NaN', 'Infinity', '-Infinity', '1e308', '1e-308', '-0')); },
	'interval' => sub {
		return literal(one_of('infinity', '-infinity', '178000000 years', '-178000000 years', '2147483647 days', '-1 us', '1 us',
			'0', '2 hours', '1 month -30 days', '366 days', '-2147483648 months', '106751991 days'));
	},
	'timestamp with time zone' => sub {
		return literal(one_of('infinity', '-infinity', '4713-01-01 BC', '294276-12-31', '1970-01-01', '0001-01-01', '2262-04-12',
			'294247-01-10 04:00:54.775807+00', '294247-01-11', '290000-01-01', '1677-09-21', '2100-01-01'));
	},
	'bytea' => sub { return one_of(q{'\x'}, q{'\x00'}, q{'\xfffe'}, q{decode(repeat('ff', 100000), 'hex')}); },
	'jsonb' => sub {
		return one_of(
			q{'{"": {"": [[], {}]}}'}, q{'[]'}, q{'{}'}, q{'null'}, q{'"text"'}, '\'1e400\'', q{to_jsonb(repeat('x', 100000))},
			q{'[1, [2, [3, {"a": null}]]]'}, literal(json(bad_json_value())),
			chance(30) ? q{(SELECT jsonb_agg(jsonb_build_object('job_type', 'x', 'key', i)) FROM generate_series(1, 301) i)} : q{'[{}]'},
			chance(10) ? q{(SELECT jsonb_object_agg(i, i) FROM generate_series(1, 20000) i)} : q{'{"a": 1}'},
			chance(10) ? deep_json(one_of(500, 3000)) : deep_json(30), chance(2) ? deep_json(1_000_000) : q{'1'});
	},
);
$hostile_types{json} = $hostile_types{jsonb};

# Arrays or objects within each other; the server gives up somewhere above 6,000.
sub deep_json
{
	my ($depth) = @_;
	return one_of("(repeat('[', $depth) || repeat(']', $depth))::jsonb",
		"(repeat('{\"a\":', $depth) || '1' || repeat('}', $depth))::jsonb");
}

sub hostile_array
{
	my ($element) = @_;
	my @values = map { chance(15) ? 'NULL' : hostile($element, 'b') } 1 .. 3;
	return one_of(
		"'{}'", "ARRAY[$values[0], $values[1]]::$element\[]", "ARRAY[[$values[0], $values[1]], [$values[2], $values[0]]]::$element\[]",
		"array_fill(($values[0])::$element, ARRAY[" . one_of(1, 64, 65, 1001, chance(5) ? 50_000 : 2) . '])',
		"array_fill(($values[0])::$element, ARRAY[2], ARRAY[-5])", "array_fill(NULL::$element, ARRAY[3, 1, 2])",
		"array_remove(ARRAY[$values[0]]::$element\[], ($values[0])::$element)");
}

# A value of a type that its function may well refuse.
sub hostile
{
	my ($type, $kind) = @_;
	return 'NULL' if chance(10);
	return hostile_array($1) if $type =~ /^(.*)\[\]$/;
	return "(enum_range(NULL::$type))[" . one_of(1, 2, 100) . ']' if $kind eq 'e';
	return $hostile_types{$type} ? $hostile_types{$type}->() : literal(one_of(@words, @bad_words));
}

sub sensible
{
	my ($argument, $lease) = @_;
	my ($name, $type, $kind) = @$argument{qw(name type kind)};
	return $sensible_names{$name}->($lease) if $sensible_names{$name};
	return literal(json(shaped_json($name))) if $type =~ /^jsonb?$/;
	return one_of("'{}'", 'ARRAY[' . sensible_value($1, 'b') . "]::$type") if $type =~ /^(.*)\[\]$/;
	return sensible_value($type, $kind);
}

sub sensible_value
{
	my ($type, $kind) = @_;
	return "(enum_range(NULL::$type))[1]" if $kind eq 'e';
	return $sensible_types{$type} ? $sensible_types{$type}->() : 'NULL';
}

sub bad_value
{
	my ($argument) = @_;
	my ($name, $type, $kind) = @$argument{qw(name type kind)};
	# those that are refused: what is accepted is waited for
	return literal(one_of('infinity', '-infinity', '-1 us', '25 hours', '366 days', '178000000 years')) if $name eq 'timeout';
	return literal(json(mutated(shaped_json($name)))) if $type =~ /^jsonb?$/ && chance(70);
	return hostile($type, $kind);
}

# ---- calls ---------------------------------------------------------------------------------------

# Most calls are wrong in one place at most: what comes after the first check is where the bugs are.
sub make_call
{
	my ($routine) = @_;
	my @arguments = @{ $routine->{arguments} };
	my $lease = $leases[ rand(1) * rand(@leases) ];    # rather one of those that are live
	my $manner = rand(100);
	my $wrong = int(rand @arguments);
	my @given;
	for my $i (0 .. $#arguments)
	{
		my $argument = $arguments[$i];
		my $bad = $manner < 30 ? 0 : $manner < 75 ? $i == $wrong : $manner < 90 ? chance(30) : 1;
		# but for timeouts, whose defaults are long
		next if !$bad && $argument->{optional} && $argument->{name} ne 'timeout' && chance(40);
		my $value = $bad ? bad_value($argument) : sensible($argument, $lease);
		push @given, "\"$argument->{name}\" => ($value)::$argument->{type}";
	}
	my $call = "$routine->{name}(" . join(', ', @given) . ')';
	return "CALL $call" if $routine->{kind} eq 'p';
	return one_of("SELECT * FROM $call", "SELECT $call", $routine->{set} ? "SELECT count(*) FROM $call" : "SELECT ($call) IS NULL");
}

my $session = $node->background_psql('postgres', on_error_stop => 0);
# each statement may take its time, not all of them together
$session->set_query_timer_restart();
$session->query_safe("SET fuzz.allowed = '$allowed'; SET fuzz.internal = '$internal'");
# a call that does not end is found by this error, before it has used up all memory
$session->query_safe("SET statement_timeout = '2min'");
$session->query_safe("SET client_min_messages = warning;\n\\set VERBOSITY sqlstate");

# Functions run many to a transaction. Procedures need the top level, where alone they may wait or commit.
sub run_batch
{
	my ($calls) = @_;
	my ($functions, $procedures) = ('', '');
	for (@$calls)
	{
		my ($n, $routine, $call) = @$_;
		if ($routine->{kind} eq 'p')
		{
			$procedures .= "$call;\nSELECT fuzz.note($n, '$routine->{name}', " . literal($call)
			  . ", :'SQLSTATE', CASE WHEN :'ERROR' THEN :'LAST_ERROR_MESSAGE' ELSE '' END) \\g /dev/null\n";
		}
		else
		{
			(my $quoted = $call) =~ s/"/""/g;
			$functions .= "$n,$routine->{name},\"$quoted\"\n";
		}
	}
	PostgreSQL::Test::Utils::append_to_file("$folder/$$calls[0][0].csv", $functions);
	PostgreSQL::Test::Utils::append_to_file("$folder/$$calls[0][0].sql", <<"SQL" . $procedures);
TRUNCATE fuzz.calls;
\\copy fuzz.calls FROM '$folder/$$calls[0][0].csv' (FORMAT csv)
SELECT fuzz.run() \\g /dev/null
SQL
	$session->query("\\i $folder/$$calls[0][0].sql");
	# the errors of procedures, which query_safe() would take for its own
	$session->{stderr} = '';
	unlink glob "$folder/$$calls[0][0].*";
	return;
}

# Plans are kept, one for each statement that was run: with few calls some are made late.
sub memory
{
	return split /\|/, $session->query_safe(q{SELECT sum(used_bytes), count(*) FILTER (WHERE name !~ '^(CachedPlan|SPI Plan)')
		FROM pg_backend_memory_contexts});
}

# The call at which a server that is gone went.
sub name_the_last_call
{
	my ($calls) = @_;
	my ($last) = slurp_file($node->logfile) =~ /.*fuzz call (\d+)\n/s;
	diag('the server died at: ', map { $_->[2] } grep { $_->[0] == $last } @$calls);
	return;
}

my ($used, $contexts);
my $done = 0;
my $alive = 1;
srand($seed);    # here, because choosing ports takes random numbers, too
while ($done < $wanted)
{
	restock($session);
	my @calls = map { my $routine = one_of(@{ chance(3) ? $sweeps : $others }); [ $done + $_, $routine, make_call($routine) ] }
	  1 .. ($wanted - $done < $batch_size ? $wanted - $done : $batch_size);
	run_batch(\@calls);
	$done += @calls;
	# a quarter is enough to have filled what caches there are
	($used, $contexts) = memory() if !defined $used && $done >= $wanted / 4;
	my ($status, $answered) = $node->psql('postgres', 'SELECT count(*) FROM fuzz.answers');
	$alive = $status == 0 && $answered == $done;
	if (!$alive)
	{
		name_the_last_call(\@calls);
		last;
	}
}
ok($alive, "the server answers each of $wanted calls") or BAIL_OUT("IDEAMINE_FUZZ_SEED=$seed");

my ($used_at_end, $contexts_at_end) = memory();
cmp_ok($used_at_end - $used, '<', 2_000_000, 'the session keeps no memory of its calls');
note('memory contexts: ', $contexts, ', at the end ', $contexts_at_end);
cmp_ok($contexts_at_end - $contexts, '<', 100, 'nor a memory context for each');
$session->quit;

my $surprises = $node->safe_psql('postgres', q{
	SELECT sqlstate || ' ' || message || E'\n    ' || left(call, 4000) FROM (
		SELECT DISTINCT ON (routine, sqlstate, regexp_replace(message, '\d+', '', 'g')) * FROM fuzz.answers
		WHERE call IS NOT NULL ORDER BY routine, sqlstate, regexp_replace(message, '\d+', '', 'g'), length(call)) a
	LIMIT 30});
is($surprises, '', 'no error is internal or of a class that does not fit') or diag("IDEAMINE_FUZZ_SEED=$seed");

note($node->safe_psql('postgres', q{
	SELECT routine || ': ' || string_agg(sqlstate || ' ' || n, ', ' ORDER BY n DESC)
	FROM (SELECT routine, sqlstate, count(*) AS n FROM fuzz.answers GROUP BY 1, 2) a GROUP BY routine ORDER BY 1}));
is($node->safe_psql('postgres', q{
	SELECT string_agg(routine, ', ') FROM (
		SELECT routine FROM fuzz.answers GROUP BY routine
		HAVING count(*) FILTER (WHERE sqlstate = '00000') * 50 < count(*)) a}),
	'', 'each function gets arguments that it accepts in at least one call of fifty (teach %sensible_names or %shapes)');

is_consistent($node, 'postgres', 'the tables are consistent');

$node->stop;
done_testing();
