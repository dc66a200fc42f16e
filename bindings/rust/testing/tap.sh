# shellcheck shell=bash
# Test cases as lines of TAP, out of what cargo says. Sourced by ./test.

case_count=0
failure_count=0

say_ok() { # NAME [DIRECTIVE]
  case_count=$((case_count + 1))
  echo "ok - $1${2:+ # $2}"
}

say_not_ok() { # NAME
  case_count=$((case_count + 1))
  failure_count=$((failure_count + 1))
  echo "not ok - $1"
}

say_skip() { say_ok "$1" "SKIP $2"; } # NAME WHY

end_of_tests() {
  echo "1..$case_count"
  [ "$failure_count" -eq 0 ]
}

# passes NAME COMMAND...: one case, which is the command's exit status.
passes() {
  local name=$1
  shift
  if "$@" >"$scratch/command.log" 2>&1; then
    say_ok "$name"
  else
    say_not_ok "$name"
    cat "$scratch/command.log" >&2
  fi
}

# cargo_tests PREFIX COMMAND...: a case for each test that a `cargo test` runs, named PREFIX, the test program and the test.
# What ends it otherwise (a build that fails, a signal, no test at all) is a case that fails.
cargo_tests() {
  local prefix=$1 log=$scratch/cargo.log status=0 verdict name before=$case_count
  shift
  "$@" >"$log" 2>&1 || status=$?
  while IFS=$'\t' read -r verdict name; do
    case $verdict in
      ok) say_ok "$prefix$name" ;;
      ignored) say_skip "$prefix$name" "ignored" ;;
      *) say_not_ok "$prefix$name" ;;
    esac
  done < <(verdicts "$log")
  if [ "$case_count" -eq "$before" ]; then
    say_not_ok "${prefix}runs any test (exit status $status)"
  elif grep "process didn't exit successfully" "$log" | grep -qv 'exit status: 101)' ||
    { [ "$status" -ne 0 ] && ! grep -q '^test .* FAILED$' "$log"; }; then
    # A test program with tests that fail ends with 101.
    say_not_ok "${prefix}ends as tests do (exit status $status)"
  fi
  if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
}

# The results in a log of cargo: `ok`, `FAILED` or `ignored`, a tab, and PROGRAM/TEST.
verdicts() {
  awk '
    $1 == "Running" && /\(.*\)$/ { program = $NF; gsub(/^\(|\)$/, "", program); sub(/.*\//, "", program); sub(/-[0-9a-f]+$/, "", program) }
    $1 == "Doc-tests" { program = "doc/" $2 }
    /^test .* \.\.\. (ok|FAILED|ignored.*)$/ {
      name = $0; sub(/^test /, "", name); sub(/ \.\.\. .*/, "", name)
      verdict = $0; sub(/.* \.\.\. /, "", verdict); sub(/^ignored.*/, "ignored", verdict)
      print verdict "\t" program "/" name
    }
  ' "$1"
}
