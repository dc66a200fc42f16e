# shellcheck shell=bash
# Standard input and output that fail.

test_input_that_cannot_be_read() {
  put s k v
  unchanged s 4 s write k </
  err_has 'standard input'
  run 4 new write k </
  [ ! -e new ] || fail "a store was created"
}

test_full_disk_of_standard_output() {
  [ -w /dev/full ] || skip "/dev/full is not there"
  random_file value 200000
  run 0 s write k <value
  local command code
  for command in 'read k' ls 'ls --json' info 'info --json' 'metadata k' stats verify 'verify --json' version --version --help; do
    # shellcheck disable=SC2086
    "$SIMDR" s $command >/dev/full 2>err
    code=$?
    [ "$code" -eq 4 ] || fail "$command ended with $code"
    err_has 'standard output'
  done
}

test_closed_pipe_of_standard_output() {
  random_file value 2000000
  run 0 s write k <value
  "$SIMDR" s read k 2>err | head -c 1 >/dev/null
  [ "${PIPESTATUS[0]}" -eq 4 ] || fail "ended with ${PIPESTATUS[0]}"
  err_has 'standard output'
}

test_closed_descriptors_do_not_reach_the_store() {
  put s k v
  "$SIMDR" s read k >&- 2>err
  [ $? -eq 4 ] || fail "read without a standard output"
  "$SIMDR" s write l w <&- >&- 2>&- || fail "write without any"
  "$SIMDR" s write m <&- 2>err
  [ $? -eq 4 ] || fail "write without a standard input"
  "$SIMDR" s read absent >&- 2>&-
  [ $? -eq 1 ] || fail "read of an absent key without any"
  value_is s k v
  value_is s l w
  run 0 s verify
}
