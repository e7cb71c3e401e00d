# Clients of a server that is killed again and again: they create jobs of every kind, acquire, end and cancel them, and
# write down what the server has acknowledged, as replay does.
package Chaos;

use strict;
use warnings;

use Exporter qw(import);
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT_OK = qw(prepare_chaos start_client errors_of drain kill_all);

my @tenants = map { "chaos-$_" } qw(a b c);
my $tenants = "'{" . join(',', @tenants) . "}'";

# Nothing of what they ask for is beyond their quotas, so that every job can run some time.
sub prepare_chaos
{
	my ($node) = @_;
	$node->safe_psql('postgres', 'CREATE TABLE effects (job_id uuid, epoch bigint)');
	$node->safe_psql('postgres', "SELECT ideamine.set_quotas('$_', max_cpu_cores => 4, max_gpus => 4, throttle_enabled => false)")
	  for @tenants;
	return;
}

# ---- what a client does ---------------------------------------------------------------------------

# Dependencies, concurrency keys, idempotency keys, times, needs; the payload says what must not be there twice, or at all.
sub new_jobs
{
	my ($undone) = @_;
	return qq{(SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
		'key', 'job ' || i, 'job_type', 'chaos', 'priority_class', 'P' || i % 4,
		'max_retries', 3 + i % 3, 'retry_base', '100 milliseconds', 'retry_cap', '1 second',
		'depends_on', CASE WHEN i % 3 = 0 THEN jsonb_build_array('job ' || i - 1,
			jsonb_build_object('job', 'job ' || i - 2, 'on_failure', 'run')) END,
		'run_at', CASE WHEN i % 5 = 0 THEN clock_timestamp() + random() * interval '2 seconds' END,
		'concurrency_key', CASE WHEN i % 4 = 0 THEN 'key ' || i % 3 END, 'concurrency_limit', CASE WHEN i % 4 = 0 THEN 2 END,
		'needs', CASE WHEN i % 6 = 0 THEN jsonb '{"cpu": 1, "gpu": 1}' END,
		'idempotency_key', once, 'payload', jsonb_build_object('once', once, 'undone', $undone))))
		FROM generate_series(1, 4 + (random() * 20)::int) AS i,
		LATERAL (SELECT CASE WHEN i % 7 = 0 THEN format('once %s %s', i, (random() * 300)::int) END AS once) AS o)};
}

# Each begins and ends outside a transaction. A row that begins with "created" or "completed" is printed when the server has
# said that it is committed.
my %steps = (
	create => sub { my ($tenant) = @_; return "SELECT 'created', 0, job_id FROM ideamine.create_jobs('$tenant', @{[ new_jobs('NULL') ]});\n" },
	create_together => sub {
		my ($tenant) = @_;
		return qq{BEGIN;
			SELECT job_id AS first FROM ideamine.create_job('$tenant', 'chaos', priority_class => 'P1') \\gset
			SAVEPOINT a;
			SELECT count(*) FROM ideamine.create_jobs('$tenant', @{[ new_jobs('true') ]});
			SELECT count(*) FROM ideamine.acquire_jobs(:'worker', 10);
			ROLLBACK TO a;
			SELECT job_id AS second FROM ideamine.create_job('$tenant', 'chaos', depends_on => ARRAY[:'first']::uuid[]) \\gset
			SELECT allowed FROM ideamine.enforce_quota('$tenant', 'tokens', 10);
			COMMIT;
			\\echo created 0 :first
			\\echo created 0 :second\n} =~ s/^\t+//gmr;
	},
	create_in_vain => sub {
		my ($tenant) = @_;
		return "BEGIN;\nSELECT count(*) FROM ideamine.create_jobs('$tenant', @{[ new_jobs('true') ]});\n"
		  . "SELECT allowed FROM ideamine.enforce_quota('$tenant', 'tokens', 10);\nROLLBACK;\n";
	},
	# An effect of their own stands and falls with the completion; what they leave alone is lost with its lease.
	work => sub {
		return q{SELECT CASE (random() * 8)::int
			WHEN 0 THEN 'SELECT'
			WHEN 1 THEN format('SELECT status FROM ideamine.fail_job(%L, %L, %s, %L)', tenant_id, job_id, epoch, 'chaos')
			WHEN 2 THEN format('SELECT ideamine.release_job(%L, %L, %s)', tenant_id, job_id, epoch)
			ELSE format('WITH effect AS (INSERT INTO effects VALUES (%2$L, %3$s)) SELECT %4$L, %2$L, %3$s
				FROM ideamine.complete_job(%1$L, %2$L, %3$s)', tenant_id, job_id, epoch, 'completed') END
			FROM ideamine.acquire_jobs(:'worker', 8) \gexec} . "\n";
	},
	acquire_in_vain => sub { return "BEGIN;\nSELECT count(*) FROM ideamine.acquire_jobs(:'worker', 8);\nROLLBACK;\n" },
	exchange => sub {
		return q{SELECT coalesce(jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch)), '[]') AS hand
			FROM ideamine.acquire_jobs(:'worker', 8) \gset
			BEGIN;
			SELECT answer FROM ideamine.complete_jobs(:'hand');
			ROLLBACK;
			SELECT CASE answer WHEN 'ok' THEN 'completed' END, job_id, epoch
			FROM ideamine.exchange_jobs(:'worker', :'hand') WHERE answer IS NOT NULL;} . "\n";
	},
	cancel => sub {
		my ($tenant) = @_;
		return qq{SELECT c.* FROM (SELECT job_id FROM ideamine.jobs WHERE tenant_id = '$tenant'
				AND status IN ('pending', 'blocked', 'running') ORDER BY random() LIMIT 1) AS j, ideamine.cancel_job('$tenant', job_id) AS c;\n};
	},
	heartbeat => sub { return "SELECT * FROM ideamine.heartbeat(:'worker');\n" },
	wait => sub { return "CALL ideamine.wait_for_jobs(:'worker', '200 milliseconds');\n" },
);
my %weights = (create => 2, work => 5, exchange => 2);
my @steps = map { ($_) x ($weights{$_} // 1) } sort keys %steps;

# One session, which ends at its first error. Its worker says good-bye or falls silent.
sub script
{
	my $script = 'SELECT setseed(' . rand() . ");\n"
	  . "SELECT ideamine.register_worker('chaos', tenants => $tenants) AS worker \\gset\n";
	$script .= $steps{ $steps[ rand @steps ] }->($tenants[ rand @tenants ]) for 1 .. 20;
	return $script . (rand() < 0.5 ? "SELECT ideamine.terminate_worker(:'worker');\n" : '');
}

# A process that runs such sessions until there is a file of this name: what they print goes to FILE.out and FILE.err.
sub start_client
{
	my ($node, $seed, $file, $until) = @_;
	local $ENV{PGAPPNAME} = 'chaos';
	my @psql = ('psql', '-XAtq', '-F', ' ', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), '-f', '-');
	my $parent = $$;
	return IPC::Run::start(sub {
		srand $seed;
		local $SIG{PIPE} = 'IGNORE';
		until (-e $until || getppid() != $parent)
		{
			open my $session, '|-', @psql or die "no psql: $!";
			print $session script();
			close $session;
			usleep(rand 300_000);
		}
	}, '<', '/dev/null', '>>', "$file.out", '2>>', "$file.err");
}

# How often which error came; a connection that was lost comes without one.
sub errors_of
{
	my %count;
	++$count{$_} for map { slurp_file($_) =~ /(?:ERROR|FATAL):  (\w{5}): /g } @_;
	return %count;
}

# ---- afterwards -----------------------------------------------------------------------------------

# One worker completes what there is, until all has ended. Returns how many jobs have not, although nothing came for long.
sub drain
{
	my ($node) = @_;
	my $worker = $node->safe_psql('postgres', q{SELECT ideamine.register_worker('drain')});
	my ($left, $idle) = (1, 0);
	while ($left > 0 && $idle < 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		my $done = $node->safe_psql('postgres', qq{SELECT count(*) FROM ideamine.complete_jobs((
			SELECT coalesce(jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch)), '[]')
			FROM ideamine.acquire_jobs('$worker', 1000)))});
		$idle = $done > 0 ? 0 : $idle + 1;
		next if $done > 0;
		usleep(100_000);
		$left = $node->safe_psql('postgres', q{SELECT count(*) FROM ideamine.jobs WHERE status NOT IN ('completed', 'failed', 'cancelled')});
	}
	diag($node->safe_psql('postgres', q{SELECT j.status, e.reason, count(*), min(j.job_id::text), min(e.explanation)
		FROM ideamine.jobs j LEFT JOIN LATERAL ideamine.explain_job(j.tenant_id, j.job_id) e ON true
		WHERE j.status NOT IN ('completed', 'failed', 'cancelled') GROUP BY 1, 2})) if $left > 0;
	return $left;
}

# The processes that one has started.
sub children_of
{
	my ($parent) = @_;
	my @children;
	for my $file (glob '/proc/[0-9]*/stat')
	{
		open my $stat, '<', $file or next;
		push @children, $1 if (readline($stat) // '') =~ /^(\d+) \(.*\) \S $parent /;
	}
	return @children;
}

# The whole server in one moment, where kill9() would leave the others to notice that the postmaster is gone.
sub kill_all
{
	my ($node) = @_;
	my $postmaster = $node->{_pid} // die 'no server runs';
	kill 'STOP', $postmaster;  # nobody is born meanwhile
	my @others = children_of($postmaster);
	$node->kill9;
	return kill 'KILL', @others;
}

1;
