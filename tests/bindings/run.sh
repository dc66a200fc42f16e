#!/usr/bin/env bash
# Runs one binding's test command against an installed copy of the library, which is made when it is not there. Prints its TAP.
# usage: run.sh LANGUAGE SOURCE_ROOT SCRATCH
set -euo pipefail

language=$1
source=$2
scratch=$3
# The bindings are the same whatever this tree is built with: one copy, by the system's compiler.
log=$scratch/installed_copy.log
mkdir -p "$scratch/$language"
if ! env -u CC -u CXX "$source/tests/packaging/installed_copy.sh" "$scratch/installed" >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  echo 'Bail out! the library cannot be installed'
  exit 1
fi
export SIMDR_PREFIX=$scratch/installed/prefix SIMDR_SCRATCH=$scratch/$language
unset CC CXX
exec nice "$source/bindings/$language/test"
