#!/bin/bash
# Brings what the tests need beside Python: PostgreSQL, Chromium, RabbitMQ, Node and the packages of the real peers.
# As root on Debian it installs what is missing; otherwise it names it. Safe to repeat; quick when nothing is missing.
# Under CI=true something missing is a failure, else a warning: the tests that need it say so themselves.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -a missing=()

need() { # need PACKAGE COMMAND…: note PACKAGE unless one of the commands exists
  local package=$1 command
  shift
  for command in "$@"; do
    if command -v "$command" >/dev/null 2>&1; then return; fi
  done
  missing+=("$package")
}

find_missing() {
  missing=()
  need chromium chromium chromium-browser google-chrome
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need postgresql initdb
  need rabbitmq-server rabbitmq-server /usr/sbin/rabbitmq-server
  need nodejs node
  need npm npm
}

find_missing
if ((${#missing[@]})) && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]} …" >&2
  # Packages start their services when installed; the tests bring up their own, so none is wanted.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -qq || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || true
  find_missing
fi

if ((${#missing[@]})); then
  echo "missing for the whole test suite: ${missing[*]} (Debian: apt install ${missing[*]})" >&2
  if [[ ${CI:-} == true ]]; then exit 1; fi
fi

if [[ -x tests/fediverse/install.sh ]] && command -v npm >/dev/null; then
  tests/fediverse/install.sh
fi

# axe-core, by which the browser tests look for what somebody could not use.
if command -v npm >/dev/null && ! cmp -s tests/browser/package-lock.json tests/browser/node_modules/.installed; then
  (cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp tests/browser/package-lock.json tests/browser/node_modules/.installed
fi
