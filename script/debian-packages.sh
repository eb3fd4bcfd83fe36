# shellcheck shell=bash
# Finds the programs that the tests need, and installs what is missing from Debian's packages.

# The directory of the newest PostgreSQL server programs. Debian keeps them off
# the PATH, and what is on it may be a wrapper around a cluster of the machine.
postgres_programs() {
  local newest
  newest=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
  if [ -n "$newest" ]; then
    dirname "$newest"
  elif command -v pg_config >/dev/null && [ -x "$(pg_config --bindir)/initdb" ]; then
    pg_config --bindir
  else
    return 1
  fi
}

browser() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_debian_packages() {
  local packages=()
  postgres_programs >/dev/null || packages+=(postgresql)
  command -v redis-server >/dev/null && command -v redis-cli >/dev/null || packages+=(redis-server)
  command -v openssl >/dev/null || packages+=(openssl)
  python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
  command -v curl >/dev/null || packages+=(curl)
  browser >/dev/null || packages+=(chromium)
  command -v cc >/dev/null || packages+=(gcc libc6-dev)
  [ ${#packages[@]} -gt 0 ] || return 0

  if ! command -v apt-get >/dev/null; then
    echo "script/test: missing: ${packages[*]} (Debian's names). Install them and run it again." >&2
    return 1
  fi
  if ! as_root true 2>/dev/null; then
    echo "script/test: missing, and neither root nor sudo without a password to install it:" >&2
    echo "  apt-get install --no-install-recommends ${packages[*]}" >&2
    return 1
  fi
  # Debian would make a cluster and start it, and Redis as well; the tests start their own.
  local no_cluster=/etc/postgresql-common/createcluster.d/pluma-tests.conf no_start=
  as_root mkdir -p "${no_cluster%/*}"
  echo "create_main_cluster = false" | as_root tee "$no_cluster" >/dev/null
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    no_start=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$no_start" >/dev/null
    as_root chmod +x "$no_start"
  fi
  local status=0
  as_root apt-get update -qq || status=$?
  [ "$status" != 0 ] ||
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" || status=$?
  as_root rm -f "$no_cluster" ${no_start:+"$no_start"}
  return "$status"
}
