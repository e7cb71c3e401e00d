#!/usr/bin/env bash
# What acquire_jobs() costs, in batches of 100 and singly: where no class of any run is closed, where one of a run of
# another tenant is, and where one of another run of the same tenant is, beside the first; and of jobs that need cpu and
# memory of a tenant with quotas beside those that need nothing.
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

calls=$(scaled 200)
readonly KINDS=(open elsewhere beside needs)
readonly RUN=00000000-0000-7000-8000-000000000001
readonly OTHER_RUN=00000000-0000-7000-8000-000000000002

# Databases of one server, so that they can take turns. The background worker is in none of them.
for kind in "${KINDS[@]}"; do
    sql -c "CREATE DATABASE $kind"
    sql -d "$kind" -o /dev/null <<'SQL'
CREATE EXTENSION ideamine;
SELECT ideamine.set_quotas(tenant, max_cpu_cores => 1e6, max_memory_gb => 1e6, max_concurrent_runs => 1e6)
  FROM unnest('{acme,other}'::text[]) AS tenant;
SQL
done
sql -d elsewhere -o /dev/null -c "SELECT ideamine.pause_run('other', '$OTHER_RUN')"
sql -d beside -o /dev/null -c "SELECT ideamine.pause_run('acme', '$OTHER_RUN')"

enqueue() {
    local needs='{}'
    [ "$1" != needs ] || needs='{"cpu": 1, "memory": 2}'
    sql -d "$1" -o /dev/null -v jobs="$2" -v run="$RUN" -v needs="$needs" <<'SQL'
SELECT count(*) FROM (
    SELECT jsonb_agg(jsonb_build_object('job_type', 'page', 'run', :'run', 'needs', :'needs'::jsonb)) AS list
    FROM generate_series(1, :jobs)) AS jobs,
  ideamine.create_jobs('acme', jobs.list);
VACUUM (ANALYZE) ideamine.jobs;
CHECKPOINT;
SQL
}

# As if they had never been, but by way of their ends, so that nothing is held for them any more.
finish() {
    sql -d "$1" -o /dev/null <<'SQL'
SELECT count(*) FROM ideamine.complete_jobs((
  SELECT jsonb_agg(jsonb_build_object('tenant_id', tenant_id, 'job_id', job_id, 'epoch', epoch))
  FROM ideamine.jobs WHERE status = 'running'));
TRUNCATE ideamine.jobs;
SQL
}

# The median of the calls of a new session that claims all that there is.
measure() {
    local jobs=$(((calls + 20) * $2)) worker running
    enqueue "$1" "$jobs"
    worker=$(sql -d "$1" -c "SELECT ideamine.register_worker('load')")
    echo "SELECT count(*) FROM ideamine.acquire_jobs('$worker', $2, '1 day');" >"$BENCH_FOLDER/acquire.sql"
    PGDATABASE=$1 times_of_calls acquire "$calls" | median >>"$BENCH_FOLDER/$1-$2"
    running=$(sql -d "$1" -c "SELECT count(*) FROM ideamine.jobs WHERE status = 'running'")
    [ "$running" -eq "$jobs" ] || { echo "$running of $jobs jobs were claimed" >&2; exit 1; }
    finish "$1"
}

there_and_back=("${KINDS[@]}")
for ((i = ${#KINDS[@]} - 1; i >= 0; --i)); do
    there_and_back+=("${KINDS[i]}")
done
for ((run = 0; run < RUNS; ++run)); do
    for batch in 100 1; do
        for kind in "${there_and_back[@]}"; do
            measure "$kind" "$batch"
        done
    done
done
for batch in 100 1; do
    row "claim of $batch, nothing closed, us" "$(summary <"$BENCH_FOLDER/open-$batch")"
    row "  closed for another tenant, ratio" "$(ratios "$BENCH_FOLDER/elsewhere-$batch" "$BENCH_FOLDER/open-$batch")"
    row "  another run closed, ratio" "$(ratios "$BENCH_FOLDER/beside-$batch" "$BENCH_FOLDER/open-$batch")"
    row "  of jobs with needs, ratio" "$(ratios "$BENCH_FOLDER/needs-$batch" "$BENCH_FOLDER/open-$batch")"
done
