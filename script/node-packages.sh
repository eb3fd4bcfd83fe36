# shellcheck shell=bash
# Node parts of the house, for script/server and script/test.

# True when nothing in the package's sources is newer than what was made of them.
up_to_date() { # <made> <source>...
  local made=$1
  shift
  [ -e "$made" ] && [ -z "$(find "$@" -newer "$made" -print -quit)" ]
}

# Installs exactly what the lock file says, once per lock file.
install_node_packages() { # <directory>
  if ! up_to_date "$1/node_modules/.package-lock.json" "$1/package.json" "$1/package-lock.json"; then
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
    # npm keeps an older date on this file than the one it may have just checked out.
    touch "$1/node_modules/.package-lock.json"
  fi
}

# Makes playground/dist, which cargo embeds in the program.
build_playground() {
  local sources=()
  mapfile -d '' sources < <(find playground -mindepth 1 -maxdepth 1 \
    ! -name node_modules ! -name dist ! -name tests -print0)
  # vite empties dist first, so index.html is as old as the build.
  if ! up_to_date playground/dist/index.html "${sources[@]}"; then
    install_node_packages playground
    (cd playground && npm run --silent build)
    touch playground/dist/index.html
  fi
}
