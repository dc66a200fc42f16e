# shellcheck shell=bash
# What cannot be done is refused, with its own exit code and words, and nothing changes.

test_usage_errors() {
  put s k v
  unchanged s 2
  unchanged s 2 s
  err_has s
  unchanged s 2 s frobnicate
  err_has frobnicate
  unchanged s 2 s read
  err_has KEY
  unchanged s 2 s read k extra
  err_has extra
  unchanged s 2 s rename k
  unchanged s 2 s copy k
  unchanged s 2 s delete
  unchanged s 2 s backup
  unchanged s 2 s compact extra
  unchanged s 2 s index extra
  unchanged s 2 s ls extra
  unchanged s 2 "" frobnicate
}

test_unknown_options() {
  put s k v
  unchanged s 2 s read k --frobnicate
  err_has frobnicate
  unchanged s 2 s read --frobnicate
  err_has frobnicate
  unchanged s 2 --frobnicate s read k
  err_has frobnicate
  unchanged s 2 --frobnicate
  unchanged s 2 s read -z k
  unchanged s 2 s delete k --json
  unchanged s 2 s write k --value v
  unchanged s 2 s read k -b
}

test_bad_option_values() {
  put s k v
  unchanged s 2 s write k v --sync always
  err_has always
  unchanged s 2 s write k v --sync
  local timeout
  for timeout in -1 abc 4294967296 1.5 ''; do unchanged s 2 s --lock-timeout="$timeout" read k; done
  local size
  for size in 0 abc 10XZ -1 99999999999999999999 99999999999G '' 1.5K; do
    unchanged s 2 s read k --buffer-size="$size"
    err_has buffer-size
  done
  unchanged s 2 s read k --offset abc
  unchanged s 2 s read k --length 12Q
  unchanged s 2 s --generation aligned-63 read k
  unchanged s 2 s --generation nonsense read k
  err_has nonsense
}

test_bad_hashes() {
  put s k v
  local hash
  for hash in '' 0 0123456789abcde 0123456789abcdef0 0123456789abcdeg 0x23456789abcdef -123456789abcdef ' 123456789abcdef' \
    +123456789abcdef; do
    unchanged s 2 s read --hash -- "$hash"
    err_has hexadecimal
    unchanged s 2 s write --hash -- "$hash" v
    unchanged s 2 s delete --hash -- "$hash"
  done
}

test_the_reserved_hash() {
  put s k v
  unchanged s 2 s write --hash f1d05eaf00d51d3d v
  err_has f1d05eaf00d51d3d
  run 2 new write --hash f1d05eaf00d51d3d v
  [ ! -e new ] || fail "a store was created"
}

test_empty_value() {
  put s k v
  unchanged s 2 s write k ''
  err_has empty
  unchanged s 2 s write k </dev/null
  err_has empty
  value_is s k v
  run 2 new write k ''
  run 2 new write k </dev/null
  err_has empty
  [ ! -e new ] || fail "a store was created"
}

test_value_of_one_zero_byte() {
  put s k v
  printf '\0' | unchanged s 2 s write k || exit 1
  err_has 0x00
  value_is s k v
  printf '\0' | run 2 new write k || exit 1
  err_has 0x00
  [ ! -e new ] || fail "a store was created"
}

test_key_not_found() {
  put s k v
  local command
  for command in read metadata delete; do
    unchanged s 1 s "$command" absent
    err_has absent
    no_out
  done
  unchanged s 1 s rename absent other
  err_has absent
  unchanged s 1 s copy absent new
  unchanged s 1 s move absent new
  [ ! -e new ] || fail "a store was created"
}

test_rename_onto_itself() {
  put s k v
  unchanged s 2 s rename k k
  err_has k
}

test_copy_and_move_onto_itself() {
  put s k v
  ln -s s link
  ln s hard
  local target
  for target in s ./s link hard; do
    unchanged s 2 s copy k "$target"
    err_has "$target"
    unchanged s 2 s move k "$target"
    err_has "$target"
  done
  value_is s k v
}

test_missing_file() {
  local command
  for command in 'read k' 'exists k' 'metadata k' ls info stats verify compact index 'delete k' 'rename k l' 'copy k t' \
    'move k t' 'backup t' 'repair t' 'upgrade t'; do
    # shellcheck disable=SC2086 # the words are the arguments
    run 4 missing $command
    err_has missing
    no_out
  done
  run 4 no/such/directory write k v
  err_has no/such/directory
  run 4 missing import no-such-directory
  err_has no-such-directory
  if [ -e missing ] || [ -e t ]; then fail "a file was created"; fi
  put s k v
  unchanged s 4 s copy k no/such/directory
  err_has no/such/directory
  run 0 s exists k
}

test_import_of_a_file() {
  put s k v
  printf x >file
  unchanged s 4 s import file
  err_has file
}

test_import_of_the_directory_that_holds_the_store() {
  put s k v
  unchanged s 2 s import .
  err_has s
  run 2 new import "$PWD"
  [ ! -e new ] || fail "a store was created"
  mkdir sub
  printf x >sub/file
  run 0 s import sub
  value_is s file x
}

test_directory_as_file() {
  mkdir dir tree
  local command
  for command in 'read k' 'write k v' 'delete k' ls info verify compact index 'import tree' 'repair t' 'upgrade t' \
    'backup t'; do
    # shellcheck disable=SC2086
    run 6 dir $command
    err_has dir
  done
  run 6 dir import dir
  put s k v
  unchanged s 6 s copy k dir
  err_has dir
  [ ! -e t ] || fail "a file was created"
}

test_fifo_and_device_as_file() {
  mkfifo fifo
  local command file
  for file in fifo /dev/null; do
    for command in 'read k' 'write k v' ls compact index 'repair t'; do
      # shellcheck disable=SC2086
      run 6 $file $command
      err_has "$file"
    done
  done
}

test_unreadable_file() {
  put s k v
  chmod 000 s
  as_nobody 4 s read k
  err_has s
  as_nobody 4 s write k w
  chmod 444 s
  as_nobody 0 s read k
  out_is v
  as_nobody 4 s write k w
  value_is s k v
}

# as_nobody CODE ARGUMENT...: like run, as a user whom permissions bind.
as_nobody() {
  local prefix=()
  if [ "$(id -u)" -eq 0 ]; then
    command -v setpriv >/dev/null || skip "setpriv is not there"
    prefix=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
    "${prefix[@]}" "$SIMDR" --version >/dev/null 2>&1 || skip "the binary cannot be run by another user"
  fi
  local wanted=$1 code
  shift
  : >out
  : >err
  timeout 60 "${prefix[@]}" "$SIMDR" "$@" >out 2>err
  code=$?
  [ "$code" -eq "$wanted" ] || fail "simdr $* ended with $code, not $wanted"
}

test_text_is_no_store_and_stays_as_it_is() {
  printf 'This is a text.\nIt has two lines.\n' >text
  no_store text
}

test_program_is_no_store_and_stays_as_it_is() {
  cp /bin/true program
  no_store program
}

# no_store FILE: every command refuses it and leaves every byte as it is.
no_store() {
  put s k v
  mkdir tree
  local command
  for command in 'read k' 'exists k' 'metadata k' 'write k v' 'delete k' 'rename k l' 'copy k t' 'move k t' ls 'ls --json' info \
    'info --json' stats verify 'verify --json' compact index 'import tree' 'backup t' 'upgrade t' 'repair t'; do
    # shellcheck disable=SC2086
    unchanged "$1" 6 "$1" $command
    err_has "$1"
    no_out
  done
  unchanged "$1" 6 s copy k "$1"
  err_has "$1"
  [ ! -e t ] || fail "a file was created"
}
