# shellcheck shell=bash
# What the tests are written with. A test ends with fail or skip, or passes by returning.

fail() {
  echo "FAILED: $*"
  [ -s out ] && echo "stdout: $(head -c 600 out | tr -d '\0')"
  [ -s err ] && echo "stderr: $(head -c 600 err | tr -d '\0')"
  exit 1
}

skip() {
  echo "$*"
  exit 77
}

# run CODE ARGUMENT...: runs simdr, keeps what it prints in the files out and err, and requires the exit code. A tool that
# hangs is ended and fails by its code.
run() {
  local wanted=$1 code
  shift
  timeout -k 5 60 "$SIMDR" "$@" >out 2>err
  code=$?
  [ "$code" -eq "$wanted" ] || fail "simdr $* ended with $code, not $wanted"
  # Whatever goes wrong is explained, on one line or more, and only there.
  if [ "$code" -gt 1 ] && [ ! -s err ]; then fail "simdr $* ended with $code and said nothing"; fi
}

# put FILE KEY VALUE
put() { run 0 "$1" write -- "$2" "$3"; }

out_is() { [ "$(cat out)" = "$1" ] || fail "standard output is not '$1'"; }
no_out() { [ ! -s out ] || fail "standard output is not empty"; }
no_err() { [ ! -s err ] || fail "standard error is not empty"; }
err_has() { grep -q -- "$1" err || fail "standard error does not say '$1'"; }

# value_is FILE KEY VALUE
value_is() {
  run 0 "$1" read -- "$2"
  out_is "$3"
}

# json_is EXPRESSION: standard output is one JSON value, d, for which the Python expression holds.
json_is() {
  python3 - "$1" <<'PYTHON' || fail "not so: $1"
import json, sys
d = json.load(open("out", encoding="utf-8"))
sys.exit(0 if eval(sys.argv[1]) else 1)
PYTHON
}

# lines_are EXPRESSION: standard output is one JSON value a line, the list d.
lines_are() {
  python3 - "$1" <<'PYTHON' || fail "not so: $1"
import json, sys
d = [json.loads(line) for line in open("out", encoding="utf-8")]
sys.exit(0 if eval(sys.argv[1]) else 1)
PYTHON
}

# json_get EXPRESSION: prints a part of the JSON value on standard output.
json_get() { python3 -c 'import json, sys; d = json.load(open("out")); print(eval(sys.argv[1]))' "$1"; }

hash_of() { # FILE KEY
  run 0 "$1" metadata --json -- "$2"
  json_get 'd["key_hash"]'
}

# unchanged FILE CODE ARGUMENT...: like run, and not one byte of FILE has changed.
unchanged() {
  local file=$1 before
  shift
  before=$(sha256sum <"$file")
  run "$@"
  [ "$before" = "$(sha256sum <"$file")" ] || fail "simdr ${*:2} changed $file"
}

# flip FILE OFFSET: inverts one byte.
flip() {
  python3 - "$1" "$2" <<'PYTHON' || fail "flip"
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte ^ 0xFF]))
PYTHON
}

# Runs a command on a terminal of its own, with everything that it prints in the file out.
on_terminal() {
  python3 -c 'import pty; pty.openpty()' 2>/dev/null || skip "there are no pseudo-terminals here"
  python3 - "$@" >out 2>err <<'PYTHON'
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 65536), lambda fd: b"")))
PYTHON
}

# random_file PATH SIZE: the same bytes in every run.
random_file() { python3 -c 'import random, sys; open(sys.argv[1], "wb").write(random.Random(7).randbytes(int(sys.argv[2])))' "$1" "$2"; }

# three FILE: a store with the entries a, b, c, each of 100 bytes.
three() {
  put "$1" a "$(printf '%0100d' 1)"
  put "$1" b "$(printf '%0100d' 2)"
  put "$1" c "$(printf '%0100d' 3)"
}

# hold_lock FILE: a background process that has the store open for writing and waits; release_lock ends its wait.
# The store must be there already. The caller's descriptor 9 is the other end of what it waits on.
hold_lock() {
  mkfifo hold
  "$SIMDR" "$1" --lock-timeout 60000 write -- held-key <hold >hold.out 2>hold.err &
  HOLDER=$!
  exec 9>hold
  local attempt
  for attempt in $(seq 2000); do
    timeout 20 "$SIMDR" -q "$1" delete -- never-there 2>hold.probe
    [ $? -eq 5 ] && return
  done
  fail "after $attempt attempts nobody holds the lock"
}

release_lock() {
  printf held-value >&9
  exec 9>&-
  wait "$HOLDER" || fail "the holder of the lock failed: $(cat hold.err)"
}

# await_write PID: returns once that process runs `simdr FILE write` and would tidy up after SIGTERM instead of dying of it.
await_write() {
  local attempt caught
  for attempt in $(seq 100000); do
    caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status")
    # Before it is simdr, it is a shell.
    tr '\0' ' ' <"/proc/$1/cmdline" | grep -q ' write ' && ((0x${caught:-0} >> 14 & 1)) && return
  done
  fail "after $attempt looks the writer does not catch SIGTERM"
}
