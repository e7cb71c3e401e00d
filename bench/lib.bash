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
