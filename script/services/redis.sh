# shellcheck shell=bash
# A throw-away Redis for one run of the tests, on a free port of the loopback. Sets PLUMA_TEST_REDIS.

redis_dir=
redis_process=

start_redis() {
  local port tries=0
  redis_dir=$(mktemp -d "${TMPDIR:-/tmp}/pluma-redis.XXXXXX")
  port=$(node -e '
    const server = require("node:net").createServer();
    server.listen(0, "127.0.0.1", () => { console.log(server.address().port); server.close(); });')
  redis-server --bind 127.0.0.1 --port "$port" --dir "$redis_dir" --save "" --appendonly no \
    >"$redis_dir/log" 2>&1 &
  redis_process=$!
  until [ "$(redis-cli -h 127.0.0.1 -p "$port" ping 2>/dev/null)" = PONG ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$redis_process" 2>/dev/null; then
      cat "$redis_dir/log" >&2
      return 1
    fi
    sleep 0.1
  done
  export PLUMA_TEST_REDIS="redis://127.0.0.1:$port"
}

stop_redis() {
  [ -n "$redis_dir" ] || return 0
  if [ -n "$redis_process" ]; then
    kill "$redis_process" 2>/dev/null || true
    wait "$redis_process" 2>/dev/null || true
  fi
  rm -rf "$redis_dir"
  redis_dir=
  redis_process=
}
