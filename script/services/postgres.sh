# shellcheck shell=bash
# A throw-away PostgreSQL for one run of the tests, on a free port of the loopback.
# Sets PLUMA_TEST_POSTGRES; its user may create databases. Arguments are settings of the server, as `-c fsync=on`.

postgres_dir=
postgres_bin=

# The server refuses to run as root.
as_postgres() {
  # From a directory it may enter; the work tree need not be one.
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

start_postgres() { # <settings as the server takes them>
  local port password
  postgres_bin=$(postgres_programs)
  postgres_dir=$(mktemp -d "${TMPDIR:-/tmp}/pluma-postgres.XXXXXX")
  [ "$(id -u)" != 0 ] || chown postgres "$postgres_dir"
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  port=$(node -e '
    const server = require("node:net").createServer();
    server.listen(0, "127.0.0.1", () => { console.log(server.address().port); server.close(); });')

  as_postgres sh -c "umask 077; printf %s '$password' >'$postgres_dir/password'"
  as_postgres "$postgres_bin/initdb" --pgdata="$postgres_dir/data" --username=pluma \
    --pwfile="$postgres_dir/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C \
    --no-sync >"$postgres_dir.log" 2>&1 || { cat "$postgres_dir.log" >&2; return 1; }
  if ! as_postgres "$postgres_bin/pg_ctl" start --silent --wait --timeout=60 \
    --pgdata="$postgres_dir/data" --log="$postgres_dir/log" \
    --options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$postgres_dir \
      -c synchronous_commit=on -c max_connections=200 $*"; then
    cat "$postgres_dir/log" >&2
    return 1
  fi
  export PLUMA_TEST_POSTGRES="postgres://pluma:$password@127.0.0.1:$port/postgres"
}

stop_postgres() {
  [ -n "$postgres_dir" ] || return 0
  if [ -f "$postgres_dir/data/postmaster.pid" ]; then
    as_postgres "$postgres_bin/pg_ctl" stop --silent --mode=immediate --pgdata="$postgres_dir/data" || true
  fi
  rm -rf "$postgres_dir" "$postgres_dir.log"
  postgres_dir=
}
