# How the queues of the plan are emptied, filled and loaded. One is CLIENT/NAME: libpq/… by tools/queue_load, node/… by
# run.mjs.
# shellcheck shell=bash

# Counts from 0 for each name. The count is of lines in a file, which a subshell keeps too.
next_run() {
    local file="$BENCH_FOLDER/runs-${1//\//_}"
    echo >>"$file"
    echo $(($(wc -l <"$file") - 1))
}

# A program that loads a queue, for so many seconds at most.
run_load() {
    local limit=$1 queue=$2
    case $queue in
        libpq/*) timeout "$limit" "$LOAD" "${queue#*/}" "${@:3}" ;;
        node/*) (cd "$BUILD" && exec timeout "$limit" "$NODE" run.mjs "${queue#*/}" "${@:3}") ;;
    esac
}

# Prints what a load prints, or nothing if it fails, which is recorded.
try() {
    local queue=$1 measure=$2 output limit=300
    [ "$measure" != load ] || limit=$((SNAPSHOT_SECONDS + 120))
    if output=$(run_load "$limit" "$@"); then
        printf '%s\n' "$output"
    else
        echo "failed: $*" >&2
        note "failed" "$queue" "$measure with $3 connections and $4 a call"
    fi
}

# PgQ gets as many queues as there are consumers to share the work.
reset_queue() {
    case $1 in
        */ideamine*) sql -f "$BENCH/peers/ideamine.sql" ;;
        libpq/by-hand*) sql -f "$BENCH/peers/by_hand.sql" ;;
        libpq/pgq)
            sql -o /dev/null -v queues="$2" -v batch="$3" -v lag="0 seconds" -f "$BENCH/peers/pgq.sql"
            ;;
        node/*) run_load 60 "$1" reset ;;
    esac
}

# A backlog, and what vacuum and the planner know of it.
fill_queue() {
    local queue=$1 batch=$2 jobs=$3
    case $queue in
        libpq/pgq) sql -o /dev/null -v batch="$batch" -v jobs="$jobs" -f "$BENCH/peers/pgq_fill.sql" ;;
        libpq/*) run_load 300 "$queue" enqueue 4 1000 "$jobs" >/dev/null ;;
        node/*) run_load 300 "$queue" fill 4 1000 "$jobs" ;;
    esac && sql -c "VACUUM (ANALYZE)"
}

# Empties a queue and gives it a backlog. Fails if the queue does, which is recorded.
prepared() {
    local queue=$1 connections=$2 batch=$3 backlog=$4
    if reset_queue "$queue" "$connections" "$batch" &&
        { [ "$backlog" -eq 0 ] || fill_queue "$queue" "$batch" "$backlog"; } && sql -c "CHECKPOINT"; then
        return 0
    fi
    note "failed" "$queue" "could not be made ready"
    return 1
}
