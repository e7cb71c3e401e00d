# Shared by the scripts beside this file: messages, users, builds, private servers.
# shellcheck shell=bash

umask 022
export LC_ALL=C.UTF-8
unset PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGDATABASE PGSERVICE PGSSLMODE PGDATA

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly ROOT

# ---- messages ----------------------------------------------------------------------------------

say() { printf '%s\n' "$*"; }
step() { printf '== %s\n' "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# An interrupted script ends in an orderly way, once the program that it runs has ended.
trap_signals() {
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
trap_signals

# Runs a function in a subshell, which ends at its first error, and with it its temporary folders.
# Sets STATUS. Not to be called where a failure is looked at: bash would not end the subshell then.
run_apart() {
    set +e
    (
        trap_signals
        set -e
        "$@"
    )
    # shellcheck disable=SC2034  # for the caller
    STATUS=$?
    set -e
}

# ---- users -------------------------------------------------------------------------------------

is_root() { [ "$(id -u)" -eq 0 ]; }

# The server refuses to run as root.
server_user() { if is_root; then echo postgres; else id -un; fi; }

# Runs a command as the server's user, from a folder that this user can be in.
as_server() {
    if is_root; then
        (cd / && exec runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# Makes a folder for the server's user. Where that user cannot reach it, as below a /root of mode
# 700, it becomes a link to a folder in /var/tmp.
make_server_folder() {
    local folder=$1 elsewhere
    [ ! -L "$folder" ] || return 0
    mkdir -p "$folder" || die "cannot make $folder; IDEAMINE_CLUSTER_DIR can name another folder"
    is_root || return 0
    chown postgres: "$folder"
    chmod 700 "$folder"
    if ! as_server test -w "$folder"; then
        rmdir "$folder"
        elsewhere=$(as_server mktemp -d /var/tmp/ideamine.XXXXXX)
        ln -s "$elsewhere" "$folder"
        say "user postgres cannot reach $folder: its content is in $elsewhere"
    fi
}

# ---- the PostgreSQL to use ---------------------------------------------------------------------

# Major versions that are installed with a server and what it takes to build for it, newest first.
installed_majors() {
    local folder
    for folder in /usr/lib/postgresql/*/; do
        if [ -x "$folder/bin/postgres" ] && [ -e "$folder/lib/pgxs/src/makefiles/pgxs.mk" ]; then
            basename "$folder"
        fi
    done | sort -rn
}

# Sets PG_CONFIG (if it was not given) and PG_BIN.
use_postgres() {
    local majors
    if [ -z "${PG_CONFIG:-}" ]; then
        majors=$(installed_majors)
        [ -n "$majors" ] || die "no PostgreSQL to build for: run scripts/packages, or set PG_CONFIG"
        PG_CONFIG=/usr/lib/postgresql/${majors%%$'\n'*}/bin/pg_config
    fi
    PG_BIN=$("$PG_CONFIG" --bindir) || die "PG_CONFIG=$PG_CONFIG does not work"
    [ -x "$PG_BIN/postgres" ] || die "no server in $PG_BIN, which $PG_CONFIG names"
    export PG_CONFIG
}

pg_major() { "$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'; }

# ---- builds ------------------------------------------------------------------------------------

# Copies the checkout into a folder, without what was built and what tests left behind.
copy_checkout() {
    tar -C "$ROOT" --exclude=./.git --exclude=./build --exclude=./.cluster --exclude=./ideamine.so \
        --exclude=./results --exclude=./regression.\* --exclude=./output_iso --exclude=./log -cf - . |
        tar -C "$1" --no-same-owner -xf -
}

make_here() { make --no-print-directory -C "$ROOT" PG_CONFIG="$PG_CONFIG" "$@"; }

build_extension() { make_here -s -j"$(nproc)" all; }

cmake_here() { (cd "$ROOT" && exec cmake "$@"); }

# Programs of tools/ by name, without the unit tests that scripts/check builds as well.
build_programs() {
    cmake_here --preset default -DBUILD_TESTING=OFF >/dev/null
    cmake_here --build --preset default --target "$@" >/dev/null
}

# Where a program of tools/ was built.
program() { find "$ROOT/build/core" -type f -name "$1" -perm -u+x; }
replay_program() { program replay; }

# Installs what make built below a folder, from where a server uses it with isolated_settings.
install_isolated() {
    [[ $1 != *[\':]* ]] || die "a colon or a quote in the path of a folder does not work: $1"
    make_here -s install DESTDIR="$1" >/dev/null
}

# Text as a value in a configuration file or an SQL string.
quoted() { printf "'%s'" "${1//\'/\'\'}"; }

# The settings by which a server finds an extension that was installed below a folder.
isolated_settings() {
    local stage=$1 known
    known=$("$PG_BIN/postgres" --describe-config | tr -d '\0')
    if grep -q '^extension_destdir' <<<"$known"; then
        say "extension_destdir = $(quoted "$stage")"
    elif [ "$(pg_major)" -ge 18 ]; then
        say "extension_control_path = $(quoted "$stage$("$PG_CONFIG" --sharedir):\$system")"
    else
        die "this PostgreSQL cannot use an extension outside its own folder: use Debian's, or 18"
    fi
    say "dynamic_library_path = $(quoted "$stage$("$PG_CONFIG" --pkglibdir):\$libdir")"
}

# ---- private servers ---------------------------------------------------------------------------
# Each has a folder of its own with data/, socket/, stage/ (the extension) and log.

server_init() {
    local folder=$1
    as_server rm -rf "$folder/data.new"
    as_server "$PG_BIN/initdb" --pgdata="$folder/data.new" --username=postgres \
        --encoding=UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 \
        "${@:2}" >/dev/null
    say "include_if_exists = 'ideamine.conf'" |
        as_server tee -a "$folder/data.new/postgresql.conf" >/dev/null
    as_server mv "$folder/data.new" "$folder/data"
}

# Prints the folder of the socket. A socket's path must not exceed 107 bytes, and must not have a
# comma, which separates hosts: where it would, socket/ is a link to a folder in /tmp.
server_socket() { readlink -f "$1/socket"; }

make_server_socket() {
    local folder=$1
    [ ! -d "$folder/socket" ] || return 0
    rm -f "$folder/socket"
    if [ "$(printf '%s' "$folder/socket/.s.PGSQL.54321" | wc -c)" -le 107 ] &&
        [[ $folder != *,* ]]; then
        as_server mkdir -m 700 "$folder/socket"
    else
        as_server ln -s "$(as_server mktemp -d /tmp/ideamine.XXXXXX)" "$folder/socket"
    fi
}

# The settings of every private server; the caller adds its own. With a port, it listens on
# loopback as well.
server_settings() {
    local folder=$1
    say "unix_socket_directories = $(quoted "\"$(server_socket "$folder")\"")"
    say "listen_addresses = '${2:+127.0.0.1}'"
    say "port = ${2:-5432}"
    say "shared_preload_libraries = 'ideamine'"
    isolated_settings "$folder/stage"
}

has_settings() { [ "$2" = "$(cat "$1/data/ideamine.conf" 2>/dev/null)" ]; }

write_settings() { say "$2" | as_server tee "$1/data/ideamine.conf" >/dev/null; }

server_running() { as_server "$PG_BIN/pg_ctl" status --pgdata="$1/data" >/dev/null 2>&1; }

# Starts it, or shows the end of its log.
server_start() {
    local folder=$1
    if ! as_server "$PG_BIN/pg_ctl" start --silent --wait --timeout=120 --pgdata="$folder/data" \
        --log="$folder/log" </dev/null; then
        as_server tail -n 20 "$folder/log" >&2 || true
        die "the server does not start; its log: $folder/log"
    fi
}

server_stop() {
    as_server "$PG_BIN/pg_ctl" stop --silent --wait --mode="${2:-fast}" --pgdata="$1/data"
}

# Points the client programs at it.
use_server() {
    PGHOST=$(server_socket "$1")
    PGPORT=$(sed -n 4p "$1/data/postmaster.pid")
    PGUSER=postgres
    PGDATABASE=${2:-postgres}
    export PGHOST PGPORT PGUSER PGDATABASE
}

# Makes the database ideamine with the extension, if it is not there yet.
make_database() {
    local exists
    exists=$("$PG_BIN/psql" -XAtqd postgres -c \
        "SELECT count(*) FROM pg_database WHERE datname = 'ideamine'")
    if [ "$exists" -eq 0 ]; then
        "$PG_BIN/createdb" --maintenance-db=postgres ideamine
    fi
    PGOPTIONS='-c client_min_messages=warning' "$PG_BIN/psql" -Xqd ideamine -v ON_ERROR_STOP=1 \
        -c 'CREATE EXTENSION IF NOT EXISTS ideamine'
}

# ---- temporary servers -------------------------------------------------------------------------

TEMPORARY=()

# Sets TEMP to a new folder of the server's user, which the end of the script removes.
make_temporary_folder() {
    trap remove_temporary_folders EXIT
    TEMP=$(as_server mktemp -d "/var/tmp/ideamine-$1.XXXXXX")
    TEMPORARY+=("$TEMP")
}

# Leaves nothing running: tests have servers of their own below the folder.
remove_temporary_folders() {
    local folder pid_file socket
    for folder in "${TEMPORARY[@]}"; do
        while IFS= read -r pid_file; do
            as_server "$PG_BIN/pg_ctl" stop --silent --mode=immediate \
                --pgdata="$(dirname "$pid_file")" >/dev/null 2>&1 || true
        done < <(find "$folder" -name postmaster.pid)
        if socket=$(readlink "$folder/socket"); then
            rm -rf "$socket"
        fi
        rm -rf "$folder"
    done
    TEMPORARY=()
}

# Starts a server in the folder TEMP with the extension as make built it; the arguments are
# further lines of settings.
start_temporary_server() {
    local settings
    install_isolated "$TEMP/stage"
    server_init "$TEMP" --no-sync
    make_server_socket "$TEMP"
    settings=$(server_settings "$TEMP" && printf '%s\n' "$@")
    write_settings "$TEMP" "$settings"
    server_start "$TEMP"
    use_server "$TEMP"
}
