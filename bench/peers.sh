#!/usr/bin/env bash
# ideamine beside other queues, each used as its own documentation says is best; docs/benchmarks.md tells what is
# measured and how. Besides what scripts/bench sets it reads:
#   SCALE=1                 how many times the jobs of a measurement
#   SNAPSHOT_SECONDS=120    how long the load runs with and without an open snapshot
#   SNAPSHOT_RUNS=2         how often, in turns
#   LATENCY_ROUNDS=200      pick-ups by a sleeping worker in each run
#   MEASURES=…              of enqueue, process, load and latency, if not all
#   QUEUES=…                of the queues below, if not all
#   RESULTS=FILE            where the measurements go as lines, default build/peers/results.tsv
# shellcheck source-path=SCRIPTDIR source=lib.bash
. "$(dirname "$0")/lib.bash"

BENCH=$(cd "$(dirname "$0")" && pwd)
BUILD=$(dirname "$BENCH")/build/peers
LOAD=$(dirname "$REPLAY")/queue_load
RESULTS=${RESULTS:-$BUILD/results.tsv}
SCALE=${SCALE:-1}
SNAPSHOT_SECONDS=${SNAPSHOT_SECONDS:-120}
SNAPSHOT_RUNS=${SNAPSHOT_RUNS:-2}
# shellcheck source=peers/install.bash
. "$BENCH/peers/install.bash"
# shellcheck source=peers/services.bash
. "$BENCH/peers/services.bash"
# shellcheck source=peers/queues.bash
. "$BENCH/peers/queues.bash"

readonly ALL_MEASURES="enqueue process load latency"

# Connections, jobs a call, jobs, and queues. A queue is CLIENT/NAME; with @ its own number of jobs follows, where it
# is so slow that it needs fewer.
readonly ENQUEUE="libpq/ideamine libpq/ideamine-keys libpq/by-hand libpq/pgq node/ideamine node/ideamine-keys
    node/graphile-worker node/graphile-worker-keys node/pg-boss node/pg-boss-keys node/bullmq"
readonly PROCESS_BATCHES="libpq/ideamine libpq/ideamine-exchange libpq/by-hand libpq/by-hand-deletes libpq/pgq
    node/ideamine node/ideamine-exchange node/graphile-worker@4000 node/graphile-worker-prefetch
    node/graphile-worker-prefetch-500 node/pg-boss node/pg-boss-work node/bullmq"
readonly PROCESS_SINGLE="libpq/ideamine libpq/ideamine-exchange libpq/by-hand libpq/by-hand-deletes node/ideamine
    node/ideamine-exchange node/graphile-worker node/pg-boss node/bullmq"
readonly LOAD_SINGLE="libpq/ideamine libpq/by-hand libpq/by-hand-deletes node/ideamine node/graphile-worker node/pg-boss"
readonly LOAD_BATCHES="libpq/ideamine libpq/by-hand libpq/pgq node/graphile-worker-prefetch"
readonly LATENCY="libpq/ideamine libpq/by-hand libpq/pgq node/ideamine node/graphile-worker node/pg-boss node/bullmq"

# Appends a line for each number of standard input: measure, connections, jobs a call, whether commits wait for the
# disk, queue, run, second or round, number.
record() {
    awk -v OFS='\t' -v head="$(printf '%s\t' "$@")" '{ print head NR, $1 }' >>"$RESULTS"
}

# One measurement of a queue that is there and empty.
measure_rate() {
    local measure=$1 connections=$2 batch=$3 jobs=$4 queue=$5 run=$6 backlog=0
    [ "$measure" = enqueue ] || backlog=$jobs
    prepared "$queue" "$connections" "$batch" "$backlog" || return 0
    try "$queue" "$measure" "$connections" "$batch" "$jobs" |
        record "$measure" "$connections" "$batch" "$DURABLE" "$queue" "$run"
}

# There and back, so that who goes first has no advantage.
rates_there_and_back() {
    local measure=$1 connections=$2 batch=$3 usual=$4 run queue there back jobs
    there=$(usable_of "$5")
    # shellcheck disable=SC2086  # words
    back=$(printf '%s\n' $there | tac)
    for ((run = 0; run < 2 * RUNS; run += 2)); do
        for queue in $there $back; do
            jobs=$usual
            [[ $queue != *@* ]] || jobs=${queue#*@}
            measure_rate "$measure" "$connections" "$batch" $((jobs * SCALE)) "${queue%@*}" \
                "$(next_run "$measure-$connections-$batch-$DURABLE-$queue")"
        done
    done
}

rates() {
    if wanted enqueue; then
        rates_there_and_back enqueue 8 1 8000 "$ENQUEUE"
        rates_there_and_back enqueue 4 1000 80000 "$ENQUEUE"
    fi
    if wanted process; then
        rates_there_and_back process 4 100 40000 "$PROCESS_BATCHES"
        rates_there_and_back process 8 1 8000 "$PROCESS_SINGLE"
        rates_there_and_back process 16 1 8000 "$PROCESS_SINGLE"
    fi
}

# There and back: what one of them leaves to the disk is written while the other one runs, whichever that is.
load_of() {
    local connections=$1 batch=$2 queue=$3 run=$4 held order=(load load-under-snapshot)
    [ $((run % 2)) -eq 0 ] || order=(load-under-snapshot load)
    for held in "${order[@]}"; do
        prepared "$queue" "$connections" "$batch" 0 || return 0
        sync
        [ "$held" = load ] || hold_snapshot
        with_ticker "$queue" try "$queue" load "$connections" "$batch" "$SNAPSHOT_SECONDS" |
            record "$held" "$connections" "$batch" "$DURABLE" "$queue" "$run"
        release_snapshot
    done
}

loads() {
    local queue run
    for ((run = 0; run < SNAPSHOT_RUNS; ++run)); do
        for queue in $(usable_of "$LOAD_SINGLE"); do
            load_of 8 1 "$queue" "$run"
        done
        for queue in $(usable_of "$LOAD_BATCHES"); do
            load_of 4 100 "$queue" "$run"
        done
    done
}

latencies() {
    local queue run
    for ((run = 0; run < RUNS; ++run)); do
        for queue in $(usable_of "$LATENCY"); do
            prepared "$queue" 1 1 0 || continue
            with_ticker "$queue" try "$queue" latency 1 1 "${LATENCY_ROUNDS:-200}" |
                record latency 1 1 "$DURABLE" "$queue" "$run"
        done
    done
}

wanted() { [[ " ${MEASURES:-$ALL_MEASURES} " == *" $1 "* ]]; }

main() {
    mkdir -p "$BUILD" "$(dirname "$RESULTS")"
    : >"$RESULTS"
    trap stop_services EXIT
    install_peers
    start_redis
    record_versions
    for DURABLE in on off; do
        set_durability "$DURABLE"
        rates
        ! wanted latency || latencies
    done
    DURABLE=on
    set_durability on
    ! wanted load || loads
    python3 "$BENCH/peers/report.py" "$RESULTS"
    echo "the measurements: $RESULTS; into docs/: python3 bench/peers/report.py $RESULTS --docs docs"
}

main
