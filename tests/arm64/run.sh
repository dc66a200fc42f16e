#!/usr/bin/env bash
# Builds the library and two of its test programs for arm64 and runs them by emulation. Prints TAP.
# usage: run.sh SOURCE_ROOT BUILD_FOLDER      SIMDR_ARM64_CROSS_FILE: what ./dev made (tools/dev/arm64.sh)
set -euo pipefail
source=$1
build=$2
cross_file=${SIMDR_ARM64_CROSS_FILE-}

if [ -z "$cross_file" ] || [ ! -f "$cross_file" ]; then
  echo '1..0 # SKIP no compiler, emulator and libraries for arm64 here; ./dev test gets them where apt can'
  exit 0
fi
log=$build.log
mkdir -p "$(dirname "$build")"
programs=(tests/unit/simd/simd_test tests/conformance/conformance_c)
build_programs() {
  local made_with
  made_with="$(meson --version) $(cat "$cross_file")"
  if [ ! -f "$build/build.ninja" ] || [ "$(cat "$build/made-with.txt" 2>/dev/null)" != "$made_with" ]; then
    rm -rf "$build"
    meson setup "$build" "$source" --cross-file "$cross_file" -Dtests=enabled -Dtools=disabled -Doptimization=2 -Ddebug=false
    echo "$made_with" >"$build/made-with.txt"
  fi
  nice ninja -C "$build" ${JOBS:+-j "$JOBS"} "${programs[@]}"
}
if ! build_programs >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  echo 'not ok 1 - it_builds'
  echo '1..1'
  exit 1
fi
emulator=$source/tools/dev/run_arm64.sh
results=$build.tap
echo 'ok - it_builds' >"$results"
# NAME COMMAND...: one case, and those that the command tells of.
run() {
  local name=$1
  shift
  if "$@" >"$log" 2>&1; then echo "ok - $name" >>"$results"; else echo "not ok - $name" >>"$results" && tail -n 60 "$log" >&2; fi
}
# Without the message of more than 4 GiB, which takes three quarters of the time by emulation; ./dev check arm64 has it.
run kernels "$emulator" "$build/${programs[0]}" --gtest_brief=0 --gtest_filter=-*.ChecksumsMoreThanFourGib/*
sed -n 's/^\[ *OK \] \([^ ]*\) .*/ok - kernels\/\1/p; s/^\[ *FAILED *\] \([^ ,]*\).*ms)$/not ok - kernels\/\1/p' "$log" >>"$results"
for kernel in neon armcrc scalar; do
  export SIMDR_KERNEL=$kernel
  run "conformance_with_$kernel" "$emulator" "$build/${programs[1]}" "$source/tests/data/conformance/vectors.txt"
done
cat "$results"
echo "1..$(wc -l <"$results")"
! grep -q '^not ok' "$results"
