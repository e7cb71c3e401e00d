# Shared by the figures beside this file.
# shellcheck shell=bash
set -euo pipefail

sql() { "$PSQL" -X -q -At -v ON_ERROR_STOP=1 "$@"; }

# Median, least and most of the numbers on standard input.
summary() {
    sort -g | awk -v format="${1:-%.0f}" '
        { value[NR] = $1 }
        END {
            median = NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2
            printf format " (" format " to " format ")\n", median, value[1], value[NR]
        }'
}

# Pair by pair, because the machine's speed drifts: the numbers of one file over those of another.
ratios() { paste "$1" "$2" | awk '{ print $1 / $2 }' | summary "%.2f"; }

row() { printf '%-34s %s\n' "$1" "$2"; }

# Transactions a second of a script $1.sql in BENCH_FOLDER over $2 connections, in a short round; what follows is
# for pgbench.
rate() {
    "$PGBENCH" -n -M prepared -f "$BENCH_FOLDER/$1.sql" -c "$2" -j 2 -T 1 "${@:3}" |
        sed -n 's/^tps = \([0-9.]*\) .*/\1/p'
}

# Rates of the scripts named by $2 over $1 connections, in turns: there and back, so that who goes first has no
# advantage. They are kept in files named SCRIPT-CONNECTIONS.
rates_in_turns() {
    local connections=$1 script there back
    read -ra there <<<"$2"
    back=$(printf '%s\n' "${there[@]}" | tac)
    rate "${there[0]}" "$connections" "${@:3}" >/dev/null
    for ((run = 0; run < 2 * RUNS; ++run)); do
        for script in "${there[@]}" $back; do
            rate "$script" "$connections" "${@:3}" >>"$BENCH_FOLDER/$script-$connections"
        done
    done
}

# Microseconds per call of the scripts named by $2 over $1 connections, mixed in one run, so that the machine is equally
# busy for all of them: with more connections than it has cores, all wait for one another. What follows is for pgbench.
# They are kept in files named SCRIPT-CONNECTIONS.
times_mixed() {
    local connections=$1 scripts script files=() i
    read -ra scripts <<<"$2"
    for script in "${scripts[@]}"; do
        # pgbench prints whole microseconds, which is too little for one call
        for ((i = 0; i < 10; ++i)); do
            cat "$BENCH_FOLDER/$script.sql"
        done >"$BENCH_FOLDER/$script-ten.sql"
        files+=(-f "$BENCH_FOLDER/$script-ten.sql")
    done
    for ((run = 0; run <= 2 * RUNS; ++run)); do
        i=0
        while read -r time; do
            # the first run warms up
            [ "$run" -eq 0 ] || echo "$time" >>"$BENCH_FOLDER/${scripts[i]}-$connections"
            i=$((i + 1))
        done < <("$PGBENCH" -n -M prepared "${files[@]}" -c "$connections" -j 2 -T 3 "${@:3}" |
            sed -n 's/^ - latency average = \([0-9.]*\) ms$/\1/p' | awk '{ print 100 * $1 }')
    done
}

# So many times SCALE, which may be less than 1.
scaled() { awk -v number="$1" -v scale="${SCALE:-1}" 'BEGIN { printf "%d\n", number * scale + 0.5 }'; }

# Microseconds of each of $2 calls of a script $1.sql in BENCH_FOLDER over one connection, after 20 others that load and
# plan what is used from then on. What follows is for pgbench.
times_of_calls() {
    rm -f "$BENCH_FOLDER"/calls.*
    "$PGBENCH" -n -M prepared -l --log-prefix="$BENCH_FOLDER/calls" -f "$BENCH_FOLDER/$1.sql" -c 1 -t $(($2 + 20)) \
        "${@:3}" >/dev/null
    awk 'NR > 20 { print $3 }' "$BENCH_FOLDER"/calls.*
}

median() { sort -g | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# Milliseconds of each statement of standard input.
milliseconds() {
    sql -o /dev/null -c '\timing on' -f - | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'
}

percentiles() {
    sort -g "$1" | awk '
        { value[NR] = $1 }
        function at(share) { i = int(NR * share); return value[i < 1 ? 1 : i] }
        END { printf "p50 %.2f, p99 %.2f, most %.2f\n", at(0.5), at(0.99), value[NR] }'
}

# Starts the server anew.
restart_server() {
    local folder
    folder=$(dirname "$(sql -c "SHOW data_directory")")
    # a shell of its own: what these functions share with all scripts unsets what points at the server
    bash -euc '. "$0/../scripts/lib.sh"; use_postgres; server_stop "$1"; server_start "$1"' \
        "$(dirname "${BASH_SOURCE[0]}")" "$folder"
}
