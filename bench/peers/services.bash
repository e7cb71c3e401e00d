# What runs beside the server: Redis for BullMQ, the ticker of PgQ, a session that holds a snapshot.
# shellcheck shell=bash

SERVICES=$(dirname "$BENCH_FOLDER")/services
REDIS_SOCKET=$SERVICES/redis.socket
export REDIS_SOCKET

# As the server's user, who owns the folder.
as_server() {
    # shellcheck disable=SC2016  # $0 is the inner shell's
    bash -euc '. "$0/../scripts/lib.sh"; as_server "$@"' "$BENCH" "$@"
}

# An append-only file is what its documentation advises for data that must last.
start_redis() {
    as_server mkdir -p "$SERVICES"
    command -v redis-server >/dev/null || return 0
    as_server redis-server --port 0 --unixsocket "$REDIS_SOCKET" --unixsocketperm 777 --dir "$SERVICES" \
        --appendonly yes --save "" --maxmemory-policy noeviction --daemonize yes --logfile "$SERVICES/redis.log" >/dev/null
    timeout 10 bash -c "until redis-cli -s '$REDIS_SOCKET' ping >/dev/null 2>&1; do sleep 0.1; done"
}

# Whether who commits waits for the disk: in PostgreSQL, and the like of it in Redis.
set_durability() {
    sql -c "ALTER DATABASE \"$PGDATABASE\" SET synchronous_commit = $1"
    [ ! -S "$REDIS_SOCKET" ] ||
        redis-cli -s "$REDIS_SOCKET" config set appendfsync "$([ "$1" = on ] && echo always || echo everysec)" >/dev/null
}

# Runs a command, for PgQ with its ticker at ten times its usual pace.
with_ticker() {
    local queue=$1 status=0
    shift
    if [ "$queue" != libpq/pgq ]; then
        "$@"
        return
    fi
    start_ticker
    "$@" || status=$?
    stop_ticker
    return "$status"
}

start_ticker() {
    as_server tee "$SERVICES/pgqd.ini" >/dev/null <<INI
[pgqd]
base_connstr = host=$PGHOST port=$PGPORT user=$PGUSER
initial_database = $PGDATABASE
database_list = $PGDATABASE
pidfile = $SERVICES/pgqd.pid
logfile = $SERVICES/pgqd.log
syslog = 0
ticker_period = 0.1
INI
    as_server pgqd -q -d "$SERVICES/pgqd.ini"
}

stop_ticker() {
    [ ! -e "$SERVICES/pgqd.pid" ] || as_server pgqd -k "$SERVICES/pgqd.ini" 2>/dev/null
}

# A session that looked at something in a transaction and stays there.
hold_snapshot() {
    local answer
    coproc SNAPSHOT { "$PSQL" -X -q -At; }
    echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 'held';" >&"${SNAPSHOT[1]}"
    read -r answer <&"${SNAPSHOT[0]}"
    [ "$answer" = held ]
}

release_snapshot() {
    [ -n "${SNAPSHOT_PID:-}" ] || return 0
    echo "ROLLBACK; \\q" >&"${SNAPSHOT[1]}"
    wait "$SNAPSHOT_PID" || true
}

stop_services() {
    release_snapshot
    stop_ticker
    [ ! -S "$REDIS_SOCKET" ] || redis-cli -s "$REDIS_SOCKET" shutdown nosave || true
}
