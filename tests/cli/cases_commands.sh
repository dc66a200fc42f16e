# shellcheck shell=bash
# Every command does what it is for.

test_write_and_read_a_value() {
  run 0 s write key value
  no_out
  run 0 s read key
  out_is value
  no_err
}

test_read_adds_nothing_to_the_value() {
  put s k abc
  run 0 s read k
  [ "$(stat -c %s out)" -eq 3 ] || fail "3 bytes were stored"
}

test_write_replaces() {
  put s k one
  put s k two
  value_is s k two
  run 0 s info --json
  json_is 'd["entries"] == 1'
}

test_write_from_standard_input() {
  printf 'from stdin' | run 0 s write k || exit 1
  value_is s k 'from stdin'
}

test_write_with_each_sync_level() {
  local level
  for level in none commit strict; do
    run 0 s write --sync "$level" "k-$level" "v-$level"
    printf '%s' "in-$level" | run 0 s write "i-$level" --sync="$level" || exit 1
  done
  for level in none commit strict; do
    value_is s "k-$level" "v-$level"
    value_is s "i-$level" "in-$level"
  done
}

test_read_a_part() {
  put s k 0123456789
  run 0 s read k --offset 3 --length 4
  out_is 3456
  run 0 s read k --offset 8 --length 1K
  out_is 89
  run 0 s read k --length 0
  no_out
  run 0 s read k --offset 10
  no_out
  run 0 s read k --offset 99999999999
  no_out
}

test_read_with_every_buffer_size_reads_the_same() {
  random_file value 300000
  run 0 s write k <value
  local size
  for size in 1000 64K 64kb 1M 1MB 1g 18446744073709551615; do
    run 0 s read k --buffer-size "$size"
    cmp -s out value || fail "buffer size $size"
  done
  run 0 s read k -b 7k
  cmp -s out value || fail "-b 7k"
}

test_copy_to_another_store() {
  put s k value
  run 0 s copy k t
  no_out
  value_is s k value
  value_is t k value
  put t other 1
  put s k newer
  run 0 s copy k t
  value_is t k newer
  value_is t other 1
}

test_move_to_another_store() {
  put s k value
  put s stays here
  run 0 s move k t
  value_is t k value
  run 1 s read k
  value_is s stays here
}

test_rename() {
  put s old value
  put s target replaced
  run 0 s rename old target
  value_is s target value
  run 1 s read old
  err_has old
  run 0 s info --json
  json_is 'd["entries"] == 1'
}

test_delete() {
  three s
  run 0 s delete a
  run 1 s read a
  value_is s b "$(printf '%0100d' 2)"
  run 0 s delete b c
  run 0 s ls
  no_out
  run 0 s info --json
  json_is 'd["entries"] == 0'
}

test_delete_names_what_is_absent_and_deletes_the_rest() {
  three s
  run 1 s delete a nobody b
  err_has nobody
  run 1 s read a
  run 1 s read b
  run 0 s exists c
}

test_delete_of_one_key_twice() {
  three s
  run 0 s delete a a
  unchanged s 1 s delete a
}

test_exists() {
  put s k v
  run 0 s exists k
  no_out
  no_err
  run 1 s exists absent
  no_out
  run 0 s delete k
  run 1 s exists k
}

test_compact_drops_what_is_dead() {
  local i
  for i in 1 2 3 4 5; do put s k "$(printf '%0500d' "$i")"; done
  put s gone x
  run 0 s delete gone
  run 0 s info --json
  local savings size
  savings=$(json_get 'd["compaction_savings"]')
  size=$(stat -c %s s)
  [ "$savings" -gt 2000 ] || fail "savings of $savings"
  run 0 s compact
  no_out
  local more=$((size - $(stat -c %s s) - savings))
  # What the last entry's pad would take is not known beforehand.
  if [ "$more" -lt 0 ] || [ "$more" -ge 64 ]; then fail "savings of $savings were promised, and $more more were made"; fi
  value_is s k "$(printf '%0500d' 5)"
  run 1 s read gone
  unchanged s 0 s compact
}

test_compact_keeps_the_mode_bits() {
  put s k v
  put s k w
  chmod 640 s
  run 0 s compact
  [ "$(stat -c %a s)" = 640 ] || fail "mode $(stat -c %a s)"
}

test_index_is_kept_in_a_file_of_its_own() {
  three s
  unchanged s 0 s index
  no_out
  err_has '3 entries'
  [ -s s.index ] || fail "no index"
}

test_answers_are_the_same_with_and_without_an_index() {
  local command
  three s
  run 0 s delete b
  put s c 'the second'
  for command in 'read a' 'read c' 'metadata c' 'ls' 'ls --json' 'info'; do
    # shellcheck disable=SC2086 # the words are the arguments
    run 0 s $command
    mv out "$(echo "$command" | tr ' ' _).without"
  done
  run 1 s exists b
  unchanged s 0 s index
  for command in 'read a' 'read c' 'metadata c' 'ls' 'ls --json' 'info'; do
    # shellcheck disable=SC2086
    run 0 s $command
    cmp out "$(echo "$command" | tr ' ' _).without" || fail "$command"
  done
  run 1 s exists b
  run 0 s copy a t
  value_is t a "$(printf '%0100d' 1)"
  # Written to, the store is walked again.
  put s d 'the fourth'
  value_is s d 'the fourth'
  unchanged s 0 s index
  value_is s d 'the fourth'
}

test_index_spares_a_file_that_is_none() {
  three s
  echo 'my own text' >s.index
  unchanged s.index 4 s index
  err_has 's.index'
  value_is s a "$(printf '%0100d' 1)"
}

test_index_is_made_anew_of_a_damaged_one() {
  three s
  run 0 s index
  flip s.index 4100
  unchanged s 0 s index
  cp s.index again
  unchanged s.index 0 s index
  cmp s.index again || fail "it was not whole"
}

test_index_of_an_empty_store_is_not_promised() {
  put s k v
  run 0 s delete k
  run 0 s compact
  [ "$(stat -c %s s)" = 0 ] || fail "not empty"
  unchanged s 0 s index
  err_has empty
  [ ! -e s.index ] || fail "an index of nothing"
}

test_no_other_command_makes_an_index() {
  three s
  mkdir tree
  printf x >tree/file
  local command
  for command in 'write k v' 'copy k t' 'move k u' 'rename a d' 'delete b' 'import tree' compact verify 'backup v' 'repair w' \
    ls info stats; do
    # shellcheck disable=SC2086
    run 0 s $command
  done
  if compgen -G '*.index' >/dev/null; then fail "$(echo ./*.index)"; fi
}

# Killed while it writes, a writer leaves the room it had taken and a guard at the end of it.
test_index_of_what_a_killed_writer_left() {
  three s
  mkdir tree
  (cd tree && seq 20000 | split -l 1 -a 4 -)
  "$SIMDR" s import tree >/dev/null 2>&1 &
  local writer=$! tries=0
  until [ "$(stat -c %s s)" -gt 60000 ]; do
    sleep 0.002
    ((++tries < 5000)) || fail "nothing was written"
  done
  kill -9 "$writer" 2>/dev/null
  wait "$writer" 2>/dev/null
  [ $? -eq 137 ] || skip "the writer was done before it was killed"
  local size
  size=$(stat -c %s s)
  run 0 s index
  [ -s s.index ] || fail "no index"
  [ "$(stat -c %s s)" -lt "$size" ] || fail "the guard is still there"
  value_is s b "$(printf '%0100d' 2)"
  run 0 s verify
}

test_info_for_people() {
  three s
  run 0 s info
  grep -q 'generation *aligned-64' out || fail "no generation"
  grep -q 'entries *3' out || fail "no entries"
  run 0 s info --detailed
}

test_metadata_for_people() {
  put s k value
  run 0 s metadata k
  grep -q 'payload size *5 bytes' out || fail "no payload size"
  grep -q 'matches' out || fail "no checksum"
}

test_ls_for_people() {
  three s
  run 0 s ls
  [ "$(wc -l <out)" -eq 3 ] || fail "3 entries"
  awk '$2 != 100 { exit 1 }' out || fail "the size is the second column"
}

test_verify_of_a_whole_store() {
  three s
  run 0 s verify
  grep -q 'no faults' out || fail "no verdict"
  run 0 s verify --json
  json_is 'd["ok"] is True and d["faults"] == [] and d["entries"] == 3 and d["checked_size"] >= 300'
}

test_stats() {
  three s
  run 0 s delete a
  run 0 s stats --json
  json_is 'd["live_count"] == 2 and d["total_count"] == 4 and d["tombstone_count"] == 1'
  run 0 s stats
  grep -q 'live count *2' out || fail "no live count"
}

test_backup() {
  three s
  run 0 s backup copy
  cmp -s s copy || fail "a backup of a closed store is the same file"
  unchanged copy 4 s backup copy
  err_has copy
  unchanged s 4 s backup s
}

test_backup_of_a_store_that_is_being_written() {
  three s
  hold_lock s
  run 0 s backup copy
  release_lock
  value_is copy b "$(printf '%0100d' 2)"
  run 1 copy read held-key
  run 0 copy verify
}

test_repair_of_a_whole_store_keeps_everything() {
  three s
  unchanged s 0 s repair new --json
  json_is 'd["kept_entries"] == 3 and d["kept_size"] == 300 and d["faults"] == [] and d["lost_count"] == 0'
  value_is new b "$(printf '%0100d' 2)"
  unchanged new 4 s repair new
}

test_version() {
  run 0 --version
  grep -Eq '^simdr [0-9]+\.[0-9]+\.[0-9]+$' out || fail "no version"
  run 0 version
  grep -q '^kernel ' out || fail "no kernel"
  run 0 s version --json
  json_is 'd["kernel"] and d["simdr"] and d["library"]'
  [ ! -e s ] || fail "a file was created"
}

test_help() {
  run 0 --help
  no_err
  local command
  for command in read write copy move rename delete exists metadata ls info stats import compact index verify backup \
    repair upgrade version; do
    grep -q "^  $command " out || fail "$command is not listed"
  done
  run 0 read --help
  grep -q -- --buffer-size out || fail "no options"
  run 0 s write -h
  grep -q -- --sync out || fail "no options"
  [ ! -e s ] || fail "a file was created"
}

test_words_go_to_standard_error_and_quiet_silences_them() {
  run 0 s write k v
  no_out
  err_has stored
  run 0 -q s write k v
  no_err
  run 0 s compact --quiet
  no_err
}
