#!/usr/bin/env bash
# The gate in a plain shell: asks, waits, redeems what is there now, runs the command, reports.
#
#   COUNTERSIGN_URL=… COUNTERSIGN_API_KEY=… COUNTERSIGN_LOG_VKEY=… \
#     ci/shell/gate.sh --service api --environment production --file app.tar -- ./deploy.sh app.tar
#
# What stands before -- is what `countersign ci` takes. PREPARE, if set, makes the files that are named, before people are asked and
# again before it is redeemed. COUNTERSIGN is the command line; by default that of this checkout, else the published package.
# Exits as the command does, or as the gate does where it did not get that far: 3 denied, 4 expired, 5 pending, 6 something changed.
set -euo pipefail

inputs=()
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
  inputs+=("$1")
  shift
done
if [ $# -lt 2 ]; then
  echo "usage: gate.sh --service NAME --environment NAME [options] -- COMMAND …" >&2
  exit 2
fi
shift

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if [ -n "${COUNTERSIGN:-}" ]; then
  read -r -a countersign <<< "$COUNTERSIGN"
elif [ -f "$here/../../scripts/run.mjs" ]; then
  countersign=(node "$here/../../scripts/run.mjs" countersign)
else
  countersign=(npx --yes countersign@0.1.0)
fi

# A folder of its own: two gates at once do not take each other's request.
folder="$(mktemp -d)"
export COUNTERSIGN_CI_STATE="$folder/state.json"
trap 'rm -rf "$folder"' EXIT

prepare() { if [ -n "${PREPARE:-}" ]; then env -u COUNTERSIGN_API_KEY bash -e -o pipefail -c "$PREPARE"; fi; }

prepare
"${countersign[@]}" ci ask "${inputs[@]}"
prepare
"${countersign[@]}" ci redeem "${inputs[@]}"

# From here on the approval is used up: however this ends, it is said.
outcome=unknown
trap '"${countersign[@]}" ci report "${inputs[@]}" --outcome "$outcome" || true; rm -rf "$folder"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
code=0
"$@" || code=$?
if [ "$code" -eq 0 ]; then outcome=succeeded; else outcome=failed; fi
exit "$code"
