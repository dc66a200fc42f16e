#!/usr/bin/env bash
# The tests of the command line. Usage: run.sh SIMDR [PATTERN]: all tests, or those whose name matches the pattern.
# Prints the Test Anything Protocol. Each function test_* of the cases_*.sh files is one test; it runs in a subshell, in an
# empty directory of its own.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ $# -lt 1 ] || [ ! -x "$1" ]; then
  echo "usage: run.sh SIMDR_BINARY [PATTERN]" >&2
  exit 2
fi
SIMDR=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
SOURCE_ROOT=$(cd "$here/../.." && pwd)
pattern=${2-}
export SIMDR SOURCE_ROOT

scratch=$(mktemp -d "${TMPDIR:-/tmp}/simdr-cli.XXXXXX") || exit 2
chmod 755 "$scratch" # a test reads it as another user
trap 'chmod -R u+rwX "$scratch" && rm -rf "$scratch"' EXIT

# shellcheck source-path=SCRIPTDIR
. "$here/support.sh"
for cases in "$here"/cases_*.sh; do
  # shellcheck source=/dev/null
  . "$cases"
done

mapfile -t tests < <(declare -F | sed -n 's/^declare -f test_//p' | grep -- "$pattern")
echo "1..${#tests[@]}"
number=0
failed=0
for name in "${tests[@]}"; do
  number=$((number + 1))
  mkdir "$scratch/$number"
  (cd "$scratch/$number" && "test_$name") >"$scratch/log" 2>&1 </dev/null
  case $? in
    0) echo "ok $number - $name" ;;
    77) echo "ok $number - $name # SKIP $(tail -n 1 "$scratch/log")" ;;
    *)
      failed=$((failed + 1))
      echo "not ok $number - $name"
      sed 's/^/# /' "$scratch/log"
      ;;
  esac
done
[ "$failed" -eq 0 ]
