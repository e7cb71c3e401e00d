# What holds in the tables of ideamine after every transaction, whatever was called, killed or restored.
package Invariants;

use strict;
use warnings;

use Exporter qw(import);
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT_OK = qw(is_consistent);

# Each names what is wrong, and finds the rows in which it is.
my @faults = (
	'a running job without lease, worker or start' => q{
		SELECT job_id FROM ideamine.jobs WHERE status = 'running'
		AND (epoch <= 0 OR attempt < 1 OR worker_id IS NULL OR started_at IS NULL OR lease IS NULL)},
	'a job that was never leased, and yet has an attempt' => q{
		SELECT job_id FROM ideamine.jobs WHERE epoch = 0 AND (attempt <> 0 OR worker_id IS NOT NULL)},
	'a job that has ended without a time, or has the time and not ended' => q{
		SELECT job_id FROM ideamine.jobs
		WHERE (status IN ('completed', 'failed', 'cancelled')) <> (finished_at IS NOT NULL)},
	# one that a full concurrency key holds back keeps its place
	'a job that is ready and waits, or will never run' => q{
		SELECT job_id FROM ideamine.jobs WHERE ready_at IS NOT NULL
		AND (status = 'cancelled' OR status = 'blocked' AND open_dependencies > 0)},
	# of a quorum job they are the votes that have to agree; one that a full concurrency key holds back may run although
	# a job got another chance meanwhile
	'open dependencies that are not what a blocked job waits for' => q{
		SELECT j.job_id FROM ideamine.jobs j
		WHERE j.status = 'blocked' AND j.quorum IS NULL AND j.ready_at IS NULL AND j.open_dependencies <> (
			SELECT count(*) FROM ideamine.job_dependencies d
			JOIN ideamine.v_jobs p ON p.job_id = d.depends_on AND p.tenant_id = d.tenant_id
			WHERE d.job_id = j.job_id AND d.tenant_id = j.tenant_id AND p.status <> 'completed'
				AND NOT (p.status IN ('failed', 'cancelled') AND d.on_failure = 'run'))},
	'a blocked job that waits for nothing, or another that waits' => q{
		SELECT job_id FROM ideamine.jobs
		WHERE status = 'blocked' AND open_dependencies = 0 AND (concurrency_key IS NULL OR ready_at IS NULL)
			OR status NOT IN ('blocked', 'cancelled') AND open_dependencies > 0
				AND NOT (quorum IS NOT NULL AND status = 'failed')},
	'a job that waits, or ran, although one that it depends on failed or was cancelled' => q{
		SELECT j.job_id FROM ideamine.jobs j
		JOIN ideamine.job_dependencies d ON d.job_id = j.job_id AND d.tenant_id = j.tenant_id
		JOIN ideamine.v_jobs p ON p.job_id = d.depends_on AND p.tenant_id = d.tenant_id
		WHERE p.status IN ('failed', 'cancelled') AND (
			d.on_failure = 'cancel' AND j.status <> 'cancelled' OR
			d.on_failure = 'blocked' AND j.status NOT IN ('blocked', 'cancelled'))},
	# those that run whatever becomes of the others may have begun before these got another chance
	'a job that started before one that it depends on had ended' => q{
		SELECT j.job_id FROM ideamine.jobs j
		JOIN ideamine.job_dependencies d ON d.job_id = j.job_id AND d.tenant_id = j.tenant_id
		JOIN ideamine.v_jobs p ON p.job_id = d.depends_on AND p.tenant_id = d.tenant_id
		WHERE j.epoch <> 0 AND p.status <> 'completed' AND d.on_failure <> 'run'},
	'more jobs of a concurrency key under way than any of them allows' => q{
		SELECT concurrency_key FROM ideamine.jobs WHERE status = 'running' AND concurrency_key IS NOT NULL
		GROUP BY tenant_id, concurrency_key HAVING count(*) > max(concurrency_limit)},
	'a worker with two votes of one job' => q{
		SELECT quorum_of FROM ideamine.jobs WHERE quorum_of IS NOT NULL AND status IN ('running', 'completed')
		GROUP BY quorum_of, worker_id HAVING count(*) > 1},
	# one that somebody had in hand in that moment is run, or cancelled when it is met
	'a vote that waits to be cast on a job that is decided' => q{
		SELECT v.job_id FROM ideamine.jobs v JOIN ideamine.jobs j ON j.job_id = v.quorum_of AND j.tenant_id = v.tenant_id
		WHERE v.status = 'blocked' AND j.status <> 'blocked'},
	# the votes on a job wait for what it waits for, and count as one
	'more jobs that wait for a job than it knows of' => q{
		SELECT depends_on FROM ideamine.job_dependencies d
		JOIN ideamine.jobs p ON p.job_id = d.depends_on AND p.tenant_id = d.tenant_id
		JOIN ideamine.jobs j ON j.job_id = d.job_id AND j.tenant_id = d.tenant_id
		WHERE p.status NOT IN ('completed', 'failed', 'cancelled') AND j.status = 'blocked'
		GROUP BY depends_on, p.dependents HAVING count(DISTINCT coalesce(j.quorum_of, j.job_id)) > p.dependents},
	'an attempt that ended and is still the live lease, or is ahead of it' => q{
		SELECT j.job_id FROM ideamine.jobs j
		JOIN ideamine.ended_attempts e ON e.job_id = j.job_id AND e.tenant_id = j.tenant_id
		WHERE e.epoch > j.epoch OR (e.epoch = j.epoch AND j.status IN ('running', 'completed'))},
	'an attempt or an edge without its job' => q{
		SELECT e.job_id FROM ideamine.ended_attempts e
		WHERE NOT EXISTS (SELECT FROM ideamine.jobs j WHERE j.job_id = e.job_id AND j.tenant_id = e.tenant_id)
		UNION ALL
		SELECT d.job_id FROM ideamine.job_dependencies d
		WHERE NOT EXISTS (SELECT FROM ideamine.jobs j WHERE j.job_id = d.job_id AND j.tenant_id = d.tenant_id)},
	'a job that is in history and has not ended, or is elsewhere too' => q{
		SELECT job_id FROM ideamine.job_history WHERE status NOT IN ('completed', 'failed', 'cancelled')
		UNION ALL
		SELECT job_id FROM ideamine.v_jobs GROUP BY job_id, tenant_id HAVING count(*) > 1},
	# but for votes, which may be cast anew
	'a job completed by a lease of its own that is older than an attempt that ended' => q{
		SELECT job_id FROM ideamine.job_executions e
		WHERE NOT EXISTS (SELECT FROM ideamine.v_jobs v WHERE v.job_id = e.job_id AND v.quorum_of IS NOT NULL)
		GROUP BY job_id, tenant_id
		HAVING count(*) FILTER (WHERE outcome = 'completed') > 1
			OR max(epoch) FILTER (WHERE outcome = 'completed') < max(epoch)},
	'a dead letter of a job that did not fail' => q{
		SELECT job_id FROM ideamine.dead_letter_queue l JOIN ideamine.jobs j USING (job_id, tenant_id)
		WHERE j.status <> 'failed'},
	'a notice to stop a lease that is live' => q{
		SELECT job_id FROM ideamine_internal.stop_notices n JOIN ideamine.jobs j USING (job_id, tenant_id, epoch)
		WHERE j.status = 'running'},
	'an epoch of an incarnation that has not come yet' => q{
		SELECT job_id FROM ideamine.jobs WHERE epoch >> 32 > coalesce(
			(SELECT incarnation FROM ideamine_internal.incarnation), 0)},
	'a job of a tenant that nobody knows' => q{
		SELECT job_id FROM ideamine.jobs j
		WHERE NOT EXISTS (SELECT FROM ideamine.tenants t WHERE t.tenant_id = j.tenant_id)},
	'a counter in shared memory that the tables do not agree with' => q{
		SELECT scope, id, resource, settled, leased, held, ledger_settled, ledger_leased
		FROM ideamine.audit_counters() WHERE state = 'broken'},
	'a worker that has ended without a time, or has the time and not ended' => q{
		SELECT worker_id FROM ideamine.workers
		WHERE (status IN ('failed', 'terminated')) <> (ended_at IS NOT NULL)},
);

# One test: none of the faults is in the database.
sub is_consistent
{
	my ($node, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my %found;
	for (my $i = 0; $i < @faults; $i += 2)
	{
		my $answer = $node->safe_psql($database, "SELECT DISTINCT * FROM ($faults[ $i + 1 ]) f LIMIT 5");
		$found{ $faults[$i] } = [ split /\n/, $answer ] if $answer ne '';
	}
	return 1 if is_deeply(\%found, {}, $name // 'the tables are consistent');
	diag(explain(\%found));
	my $dump = $node->logfile . '.dump';
	diag("all rows: $dump") if run_log([ 'pg_dump', '--file', $dump, $node->connstr($database) ]);
	return 0;
}

1;
