#!/bin/sh
# Run a plan into a folder of its own date: nightly.sh PLAN.toml ARCHIVE
# The exit code is that of farmland; 75 says that the run before has not ended yet.
set -eu
[ $# -eq 2 ] || { echo "usage: $0 PLAN.toml ARCHIVE" >&2; exit 2; }
farmland=$(realpath -s "${FARMLAND:-$(dirname "$(realpath "$0")")/../.venv/bin/farmland}")
plan=$(realpath "$1")
mkdir -p "$2/failed"
cd "$2"

# The lock is held for as long as the child lives, even if this shell is killed.
exec 9>.lock
flock --nonblock 9 || { echo "Another run holds $PWD/.lock: wait for it to end." >&2; exit 75; }

mkdir -p .running
cd .running
code=0
"$farmland" detect --plan "$plan" --out "$(basename "$plan" .toml).gpkg" --json --log-json \
  >summary.json 2>log.jsonl || code=$?
printf '{"time": "%s", "event": "exit", "exit_code": %d}\n' "$(date -Iseconds)" "$code" >>log.jsonl
cd ..

# 0: done; 3: done, with gaps that the result names. Only these leave a result.
case $code in 0 | 3) shelf=. ;; *) shelf=failed ;; esac
night=$(date +%F)
[ ! -e "$shelf/$night" ] || night=$(date +%FT%H%M%S)
mv .running "$shelf/$night"
if [ "$shelf" = . ]; then
  ln -sfn "$night" .latest
  mv -T .latest latest
fi
exit "$code"
