# shellcheck shell=bash
# The LiteLLM proxy for one run of the tests, on a free port of the loopback, with models that answer by themselves.
# Sets PLUMA_TEST_LITELLM and PLUMA_TEST_LITELLM_KEY.

litellm_dir=
litellm_process=

# Into target/, once for each state of its requirements.
install_litellm() {
  local requirements=tests/litellm/requirements.txt venv=target/litellm
  if ! cmp -s "$requirements" "$venv/installed"; then
    rm -rf "$venv"
    mkdir -p target
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$venv/installed"
  fi
}

start_litellm() {
  local port tries=0
  litellm_dir=$(mktemp -d "${TMPDIR:-/tmp}/pluma-litellm.XXXXXX")
  port=$(node -e '
    const server = require("node:net").createServer();
    server.listen(0, "127.0.0.1", () => { console.log(server.address().port); server.close(); });')
  PLUMA_TEST_LITELLM_KEY=sk-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  # It would otherwise fetch the prices of models from the network.
  LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_MASTER_KEY=$PLUMA_TEST_LITELLM_KEY \
    target/litellm/bin/litellm --config tests/litellm/config.yaml --host 127.0.0.1 --port "$port" \
    >"$litellm_dir/log" 2>&1 &
  litellm_process=$!
  until curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$port/health/liveliness"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 240 ] || ! kill -0 "$litellm_process" 2>/dev/null; then
      cat "$litellm_dir/log" >&2
      return 1
    fi
    sleep 0.5
  done
  export PLUMA_TEST_LITELLM="http://127.0.0.1:$port" PLUMA_TEST_LITELLM_KEY
}

stop_litellm() {
  [ -n "$litellm_dir" ] || return 0
  if [ -n "$litellm_process" ]; then
    kill "$litellm_process" 2>/dev/null || true
    wait "$litellm_process" 2>/dev/null || true
  fi
  rm -rf "$litellm_dir"
  litellm_dir=
  litellm_process=
}
