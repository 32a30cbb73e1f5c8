#!/bin/bash
# Installs the real peers of the federation tests beside this file: Fedify (npm) and cattle-grid (PyPI, in a virtual
# environment of its own, as it pins older libraries than we use). Does nothing, quickly, when all is in place.
set -euo pipefail
cd "$(dirname "$0")"

stamp() { cat "$@" | sha256sum | cut -d' ' -f1; }

current() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

want=$(stamp package.json package-lock.json; node --version 2>/dev/null || true)
if ! current node_modules/.installed "$want"; then
  command -v npm >/dev/null || { echo "npm is needed (Node 20 or newer; Debian: apt install nodejs npm)" >&2; exit 1; }
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  printf '%s' "$want" > node_modules/.installed
fi

python=${PYTHON:-python3}
want=$(stamp requirements-cattle.txt; "$python" --version)
if ! current .venv-cattle/.installed "$want"; then
  rm -rf .venv-cattle
  "$python" -m venv .venv-cattle
  .venv-cattle/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-cattle.txt
  printf '%s' "$want" > .venv-cattle/.installed
fi
