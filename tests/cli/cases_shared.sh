# shellcheck shell=bash
# Several processes, terminals and signals.

test_second_writer_is_refused() {
  three s
  hold_lock s
  local command
  mkdir tree
  printf x >tree/x
  for command in 'write k v' 'delete a' 'rename a z' compact 'import tree' 'move a t'; do
    # shellcheck disable=SC2086
    run 5 s $command
    err_has s
  done
  put t other x
  run 5 t copy other s
  run 5 s --lock-timeout 50 write k v
  release_lock
  value_is s held-key held-value
  value_is s a "$(printf '%0100d' 1)"
  run 1 s read k
}

test_readers_are_free_while_a_writer_has_the_store() {
  three s
  hold_lock s
  value_is s a "$(printf '%0100d' 1)"
  run 0 s ls --json
  lines_are 'len(d) == 3'
  run 0 s info --json
  json_is 'd["entries"] == 3 and d["recovered_from"] is None'
  run 0 s verify
  no_err
  run 0 s copy a t
  release_lock
  value_is s held-key held-value
  run 0 s verify
}

test_writer_waits_for_the_lock() {
  put s k v
  hold_lock s
  "$SIMDR" s --lock-timeout 60000 write waited yes 2>waiter.err 9>&- &
  local waiter=$!
  release_lock
  wait "$waiter" || fail "the waiting writer failed: $(cat waiter.err)"
  value_is s waited yes
  value_is s held-key held-value
}

test_many_writers_take_turns() {
  put s k v
  local i pids=()
  for i in 1 2 3 4 5 6 7 8; do
    "$SIMDR" -q s --lock-timeout 60000 write "key $i" "value $i" &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "a writer ended with $?"; done
  for i in 1 2 3 4 5 6 7 8; do value_is s "key $i" "value $i"; done
  run 0 s verify
}

test_many_creators_take_turns() {
  local i pids=()
  for i in 1 2 3 4 5 6 7 8; do
    "$SIMDR" -q s --lock-timeout 60000 write "key $i" "value $i" &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "a writer ended with $?"; done
  for i in 1 2 3 4 5 6 7 8; do value_is s "key $i" "value $i"; done
}

test_terminated_write_leaves_the_store_as_it_was() {
  three s
  local before
  before=$(sha256sum <s)
  hold_lock s
  kill -TERM "$HOLDER"
  wait "$HOLDER"
  [ $? -eq 143 ] || fail "the writer did not die of SIGTERM"
  exec 9>&-
  [ "$before" = "$(sha256sum <s)" ] || fail "the store changed"
  run 0 s verify
}

# The signal comes while the writer waits for the lock. So it reads only when it has been told to stop, and no read fails.
test_write_that_was_stopped_does_not_store_what_its_producer_could_still_write() {
  three s
  hold_lock s
  mkfifo input
  "$SIMDR" s --lock-timeout 60000 write k <input 9>&- 2>stopped.err &
  local writer=$!
  exec 8>input
  printf 'the first half of' >&8
  await_write "$writer"
  kill -TERM "$writer"
  exec 8>&- # as a producer does that the same Ctrl-C ended
  release_lock
  wait "$writer"
  [ $? -eq 143 ] || fail "the writer did not die of SIGTERM"
  run 1 s read k
  value_is s held-key held-value
  run 0 s verify
}

test_write_that_was_stopped_does_not_store_a_file_either() {
  three s
  printf 'all of a file' >value
  hold_lock s
  "$SIMDR" s --lock-timeout 60000 write k <value 9>&- 2>stopped.err &
  local writer=$!
  await_write "$writer"
  kill -TERM "$writer"
  release_lock
  wait "$writer"
  [ $? -eq 143 ] || fail "the writer did not die of SIGTERM"
  run 1 s read k
  run 0 s verify
}

test_killed_write_loses_nothing() {
  three s
  hold_lock s
  kill -KILL "$HOLDER"
  wait "$HOLDER" 2>/dev/null
  exec 9>&-
  value_is s b "$(printf '%0100d' 2)"
  run 0 s ls --json
  lines_are 'len(d) == 3'
  put s after kill
  value_is s after kill
  value_is s a "$(printf '%0100d' 1)"
  run 0 s verify
}

test_value_on_a_terminal_ends_with_a_newline() {
  put s k 'no newline'
  on_terminal "$SIMDR" s read k || fail "ended with $?"
  [ "$(od -An -c <out | tr -d ' \n')" = 'nonewline\r\n' ] || fail "no newline was added"
  printf 'with newline\n' | run 0 s write l || exit 1
  on_terminal "$SIMDR" s read l || fail "ended with $?"
  [ "$(wc -l <out)" -eq 1 ] || fail "a newline too many"
}

test_progress_on_a_terminal() {
  mkdir tree
  random_file tree/one 3000000
  random_file tree/two 3000000
  on_terminal "$SIMDR" s import tree || fail "import"
  grep -q importing out || fail "import shows no progress"
  on_terminal "$SIMDR" s verify || fail "verify"
  grep -q verifying out || fail "verify shows no progress"
  put s one replaced
  on_terminal "$SIMDR" s compact || fail "compact"
  grep -q compacting out || fail "compact shows no progress"
  on_terminal "$SIMDR" -q s verify || fail "verify -q"
  ! grep -q verifying out || fail "verify -q shows progress"
}

test_no_progress_without_a_terminal() {
  mkdir tree
  printf x >tree/x
  run 0 s import tree
  ! grep -q importing err || fail "import"
  run 0 s verify
  no_err
  run 0 s compact
  ! grep -q compacting err || fail "compact"
}

test_store_without_write_permission_is_read() {
  put s k v
  chmod 444 s
  value_is s k v
  run 0 s verify
}

# with_mount FUNCTION ARGUMENT...: runs a function where the directory mnt is mounted as the arguments of mount say; nobody
# else sees that mount.
with_mount() {
  local body=$1
  shift
  mkdir -p mnt
  unshare -m mount "$@" mnt 2>/dev/null || skip "nothing can be mounted here"
  export -f "${body?}" fail run put value_is out_is err_has unchanged
  unshare -m bash -uc 'mount "$@" mnt && '"$body" bash "$@"
}

on_read_only_medium() {
  mount -o remount,ro,bind mnt || exit 77
  value_is mnt/s k v
  local command
  for command in 'write k w' 'delete k' 'rename k l' compact 'move k t' 'import tree'; do
    # shellcheck disable=SC2086
    unchanged mnt/s 4 mnt/s $command
    err_has 'mnt/s'
  done
  run 4 mnt/s backup mnt/copy
  run 4 mnt/new write k v
  run 0 mnt/s copy k t
  value_is t k v
}

test_store_on_a_read_only_medium() {
  mkdir -p mnt tree
  put mnt/s k v
  with_mount on_read_only_medium --bind mnt || exit
}

on_small_disk() {
  put mnt/s k v
  unchanged mnt/s 4 mnt/s write big <value
  err_has 'mnt/s'
  unchanged mnt/s 4 mnt/s copy k mnt/no/such/directory
  value_is mnt/s k v
  put mnt/s small w
  run 0 mnt/s verify
}

test_full_disk_of_the_store() {
  random_file value 3000000
  with_mount on_small_disk -t tmpfs -o size=1m tmpfs || exit
}

test_file_cut_short_while_it_is_read() {
  random_file value 3000000
  run 0 s write k <value
  python3 - 2>err <<'PYTHON' || fail "no proper end"
import os, subprocess
reader = subprocess.Popen([os.environ["SIMDR"], "s", "read", "k"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
reader.stdout.read(1)  # the value was checked and is on its way
os.truncate("s", 4096)
reader.stdout.read()
words = reader.stderr.read()
assert reader.wait() == 4, reader.returncode
assert b"s: the mapped file could not be read" in words, words
PYTHON
}

test_bus_error_is_explained() {
  three s
  hold_lock s
  kill -BUS "$HOLDER"
  wait "$HOLDER"
  [ $? -eq 4 ] || fail "ended with $?"
  grep -q 's: the mapped file' hold.err || fail "not explained: $(cat hold.err)"
  exec 9>&-
  value_is s b "$(printf '%0100d' 2)"
}
