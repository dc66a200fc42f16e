#!/bin/sh
# A runner of the conformance vectors that passes what is wrong would pass anything. Prints TAP.
# usage: check_runner.sh WRONG_VECTORS RUNNER
wrong=$1
runner=$2
printf '1..2\n'

# One that was built for another machine has an emulator to run it, of one word or more.
run() { ${MESON_EXE_WRAPPER-} "$runner" "$wrong" 2>/dev/null; }

result='ok'
run >/dev/null && result='not ok'
echo "$result 1 - a_run_with_failed_vectors_fails"

result='ok'
[ "$(run | grep -c '^not ok .* - conformance/')" -eq "$(grep -c '^vector ' "$wrong")" ] || result='not ok'
echo "$result 2 - each_vector_that_does_not_hold_is_told"
