# shellcheck shell=bash
# Keys and values of every kind arrive as they are.

test_binary_value_of_several_megabytes() {
  random_file value $((5 * 1024 * 1024 + 13))
  run 0 s write big <value
  run 0 s read big
  cmp -s out value || fail "the value came back changed"
  "$SIMDR" s read big | cmp -s - value || fail "the value came back changed through a pipe"
  # shellcheck disable=SC2002 # a pipe is the point
  cat value | run 0 s write again || exit 1
  run 0 s read again
  cmp -s out value || fail "the value from a pipe came back changed"
  run 0 s read big --offset 5M
  [ "$(stat -c %s out)" -eq 13 ] || fail "13 bytes lie behind 5 MiB"
  run 0 s verify
}

test_value_of_every_byte() {
  python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)))' >value
  run 0 s write k <value
  run 0 s read k
  cmp -s out value || fail "changed"
}

test_value_of_many_zero_bytes() {
  head -c 2 /dev/zero | run 0 s write two || exit 1
  head -c 100000 /dev/zero | run 0 s write many || exit 1
  run 0 s read two
  cmp -s out <(head -c 2 /dev/zero) || fail "two"
  run 0 s read many
  cmp -s out <(head -c 100000 /dev/zero) || fail "many"
}

test_value_of_one_byte() {
  printf '\1' | run 0 s write k || exit 1
  run 0 s read k
  cmp -s out <(printf '\1') || fail "changed"
}

test_slow_input_arrives_whole() {
  put s other x
  (for i in 1 2 3 4 5; do printf 'part %s,' "$i"; done; printf end) | run 0 s write k || exit 1
  value_is s k 'part 1,part 2,part 3,part 4,part 5,end'
  # Byte by byte into a store that is not there yet: what was looked at first is not lost.
  python3 -c '
import os
for byte in b"abcdef": os.write(1, bytes([byte]))' | run 0 new write k || exit 1
  value_is new k abcdef
}

test_keys_of_every_kind() {
  local key
  # shellcheck disable=SC2016 # a dollar is a dollar
  local keys=('a b' $'new\nline' $'tab\tkey' 'ключ' '鍵🔑' $'not \xff\xfe UTF-8' '' '[a,b]' '{}' '[]' '++' '=x' '"' "'" "\\" '%s' '$HOME'
    '/a/path' 'true' '--' '-' '-x' '--hash' '-5' 'a=b' '--sync=none' "$(printf '%05000d' 0)")
  for key in "${keys[@]}"; do put s "$key" "value of $key"; done
  for key in "${keys[@]}"; do
    run 0 s read -- "$key"
    [ "$(cat out)" = "value of $key" ] || fail "key $key"
    run 0 s exists -- "$key"
  done
  run 0 s info --json
  json_is "d['entries'] == ${#keys[@]}"
  run 0 s delete -- "${keys[@]}"
  run 0 s ls
  no_out
}

test_keys_in_brackets_are_one_key() {
  put s a 1
  put s b 2
  unchanged s 1 s delete '[a,b]'
  run 0 s exists a
  put s '[a,b]' 3
  run 0 s delete '[a,b]'
  run 0 s exists a
  run 0 s exists b
}

test_double_dash_ends_the_options() {
  put s --hash v
  value_is s --hash v
  run 0 s write -q -- --json --quiet
  value_is s --json --quiet
  run 2 s read --json
  run 0 -- s read -- --json
  out_is --quiet
}

test_value_that_looks_like_a_number_below_zero() {
  run 0 s write k -- -5
  value_is s k -5
}

test_files_with_names_of_every_kind() {
  local file
  for file in ls write 'a b' $'new\nline' 'ключ' '[a,b]' version info; do
    run 0 "$file" write k "in $file"
    run 0 "$file" read k
    [ "$(cat out)" = "in $file" ] || fail "file $file"
  done
  run 0 -- --json write k v
  run 0 -- --json read k
  out_is v
  [ -f ./--json ] || fail "no file --json"
  run 0 ./--json read k
  out_is v
}

test_file_whose_name_is_no_utf8_is_named_once() {
  run 4 $'no such \xff\xfe' ls
  [ "$(cat err)" = "simdr: 'no such \\xff\\xfe': cannot open: No such file or directory" ] || fail "named otherwise"
}

test_general_options_before_and_after_the_command() {
  run 0 --quiet --lock-timeout 5 s write k v
  run 0 --lock-timeout=5 s --quiet write k v
  run 0 s write --lock-timeout 5 k v --quiet
  value_is s k v
}

test_hash_stands_for_the_key() {
  put s k value
  local hash
  hash=$(hash_of s k)
  [ "${#hash}" -eq 16 ] || fail "hash $hash"
  run 0 s read --hash "$hash"
  out_is value
  run 0 s read --hash "${hash^^}"
  out_is value
  run 0 s exists --hash "$hash"
  run 0 s metadata --hash --json "$hash"
  json_is "d['key_hash'] == '$hash' and d['key'] is None"
  run 0 s write --hash "$hash" newer
  value_is s k newer
  run 0 s copy --hash "$hash" t
  value_is t k newer
  put t k there
  run 0 s move --hash "$hash" u
  value_is u k newer
  run 1 s read k
  run 0 u delete --hash "$hash"
  run 1 u read k
}

test_hash_renames() {
  put s old value
  put s new replaced
  local old new
  old=$(hash_of s old)
  new=$(hash_of s new)
  run 0 s rename --hash "$old" "$new"
  value_is s new value
  run 1 s read old
  run 1 s read --hash "$old"
  err_has "$old"
}

test_hash_of_any_number() {
  local hash
  for hash in 0000000000000000 ffffffffffffffff 0123456789abcdef 8000000000000001; do
    run 0 s write --hash "$hash" "value $hash"
    run 0 s read --hash "$hash"
    out_is "value $hash"
  done
  run 0 s ls --json
  lines_are '[e["key_hash"] for e in d] == ["8000000000000001", "0123456789abcdef", "f" * 16, "0" * 16]'
}

test_import_a_tree() {
  mkdir -p tree/sub/deep 'tree/with space'
  printf one >tree/one
  printf two >tree/sub/two
  random_file tree/sub/deep/three 70000
  printf four >'tree/with space/four'
  printf five >$'tree/new\nline'
  printf six >'tree/ключ'
  : >tree/empty
  printf '\0' >tree/zero
  ln -s one tree/link
  mkfifo tree/fifo
  run 0 s import tree
  no_out
  value_is s one one
  value_is s sub/two two
  value_is s 'with space/four' four
  value_is s $'new\nline' five
  value_is s ключ six
  run 0 s read sub/deep/three
  cmp -s out tree/sub/deep/three || fail "three"
  run 1 s read empty
  run 1 s read zero
  run 1 s read link
  run 0 s info --json
  json_is 'd["entries"] == 6'
}

test_import_into_a_namespace() {
  mkdir tree
  printf one >tree/k
  run 0 s import tree --namespace ns
  run 1 s read k
  run 0 s import tree --namespace other --sync commit
  run 0 s import tree --namespace ns
  run 0 s ls --json
  lines_are 'len(d) == 2 and len({e["key_hash"] for e in d}) == 2 and all(e["payload_size"] == 3 for e in d)'
}

test_import_again_replaces() {
  mkdir tree
  printf one >tree/k
  run 0 s import tree
  printf changed >tree/k
  run 0 s import tree
  value_is s k changed
}
