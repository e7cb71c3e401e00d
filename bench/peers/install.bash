# What the peers are installed with, and which of them can be used.
# shellcheck shell=bash

NODE=$BUILD/node_modules/node/bin/node

# Never ends the run: what is missing afterwards is reported.
install_peers() {
    bash "$BENCH/../scripts/packages" peers || true
    install_node_peers || true
    cp "$BENCH"/peers/*.mjs "$BUILD"
}

# Versions are pinned by package-lock.json. The library of each peer, and the node that they ask for.
install_node_peers() {
    command -v npm >/dev/null || return 0
    if ! cmp -s "$BENCH/peers/package-lock.json" "$BUILD/package-lock.json" || [ ! -x "$NODE" ]; then
        cp "$BENCH/peers/package.json" "$BENCH/peers/package-lock.json" "$BUILD"
        (cd "$BUILD" && timeout 600 npm ci --no-audit --no-fund --loglevel=error) || rm -f "$BUILD/package-lock.json"
    fi
}

# Why a queue cannot be used; nothing if it can.
reason_against() {
    case $1 in
        */bullmq)
            command -v redis-server >/dev/null || echo "there is no redis-server"
            ;;&
        node/*)
            if ! command -v npm >/dev/null; then
                echo "there is no npm"
            elif [ ! -x "$NODE" ]; then
                echo "npm could not install it"
            fi
            ;;
        libpq/pgq)
            [ -e "$("$PG_CONFIG" --sharedir)/extension/pgq.control" ] || echo "this server has no extension pgq"
            ;;&
        libpq/pgq)
            command -v pgqd >/dev/null || echo "there is no pgqd"
            ;;
    esac
}

# Of the queues named, those that are wanted and can be used. What cannot is recorded once, with the reason.
usable_of() {
    local queue reason
    for queue in $1; do
        [ -z "${QUEUES:-}" ] || [[ " $QUEUES " == *" ${queue%@*} "* ]] || continue
        reason=$(reason_against "${queue%@*}" | head -n 1)
        if [ -z "$reason" ]; then
            echo "$queue"
        else
            note "not run" "${queue%@*}" "$reason"
        fi
    done
}

# A line that is no measurement, unless it is there already.
note() {
    local line
    line=$(printf '%s\t%s\t%s' "$@")
    grep -qxF "$line" "$RESULTS" || printf '%s\n' "$line" >>"$RESULTS"
}

roughness() { [ "$RUNS" -ge 3 ] && [ "$SNAPSHOT_SECONDS" -ge 60 ] || echo ": a short run, rough figures"; }

record_versions() {
    note version PostgreSQL "$(sql -c "SHOW server_version")"
    note version ideamine "$(sql -c "SELECT extversion FROM pg_extension WHERE extname = 'ideamine'")"
    note version machine "$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    note version "runs of ${MEASURES:-$ALL_MEASURES}" \
        "RUNS=$RUNS (there and back) SCALE=$SCALE SNAPSHOT_SECONDS=$SNAPSHOT_SECONDS SNAPSHOT_RUNS=$SNAPSHOT_RUNS$(roughness)"
    ! command -v redis-server >/dev/null || note version Redis "$(redis-server --version | sed 's/.* v=\([^ ]*\).*/\1/')"
    ! command -v pgqd >/dev/null || note version PgQ "$(pgqd -V | sed 's/.* //')"
    [ ! -x "$NODE" ] || note version node "$("$NODE" --version)"
    sed -nE 's/^ *"(bullmq|graphile-worker|pg-boss|pg|ioredis)": "([0-9.]+)".*/\1 \2/p' "$BENCH/peers/package.json" |
        while read -r name version; do note version "$name" "$version"; done
}
