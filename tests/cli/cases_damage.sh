# shellcheck shell=bash
# Damaged files and files of older generations.

# store_of FILE TRAILER ALIGNMENT HASH=VALUE...: writes a file of that generation. An empty value is a deletion.
store_of() {
  python3 - "$@" <<'PYTHON' || fail "store_of"
import struct, sys, zlib
path, trailer, alignment, entries = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
data = b""
for entry in entries:
    key_hash, value = entry.split("=", 1)
    tail = len(data)
    payload = value.encode() or b"\0"
    if value:
        data += bytes(-tail % alignment)
    data += payload + (struct.pack("<QQI", int(key_hash, 16), tail, zlib.crc32(payload)))[:trailer]
open(path, "wb").write(data)
PYTHON
}

# damaged_middle FILE: three entries, a byte of the middle one's value inverted.
damaged_middle() {
  three "$1"
  run 0 "$1" metadata b --json
  flip "$1" $(($(json_get 'd["payload_offset"]') + 10))
}

test_damaged_value_is_not_read() {
  damaged_middle s
  unchanged s 3 s read b
  no_out
  err_has b
  value_is s a "$(printf '%0100d' 1)"
  value_is s c "$(printf '%0100d' 3)"
  run 0 s read b --no-verify
  [ "$(stat -c %s out)" -eq 100 ] || fail "100 bytes"
}

test_damaged_value_is_not_copied() {
  damaged_middle s
  unchanged s 3 s copy b t
  unchanged s 3 s move b t
  [ ! -e t ] || fail "a store was created"
}

test_damaged_value_is_listed_as_such() {
  damaged_middle s
  run 0 s ls --json
  lines_are '[e["checksum_ok"] for e in d] == [True, False, True]'
  run 0 s metadata b --json
  json_is 'd["checksum_ok"] is False'
  run 0 s metadata b
  grep -q 'DOES NOT MATCH' out || fail "no word of it"
}

test_index_refuses_a_damaged_store() {
  three s
  truncate -s -5 s
  unchanged s 3 s index
  err_has repair
  [ ! -e s.index ] || fail "an index was made"
}

test_verify_finds_a_damaged_value() {
  damaged_middle s
  local hash offset
  run 0 s metadata b --json
  hash=$(json_get 'd["key_hash"]')
  offset=$(json_get 'd["payload_offset"]')
  unchanged s 3 s verify
  err_has s
  grep -q "$hash" out || fail "no hash"
  unchanged s 3 s verify --json
  json_is 'd["ok"] is False and d["entries"] == 3 and len(d["faults"]) == 1'
  json_is "d['faults'][0]['key_hash'] == '$hash'"
  json_is "d['faults'][0]['offset'] <= $offset + 10 < d['faults'][0]['offset'] + d['faults'][0]['size']"
}

test_compact_refuses_a_damaged_value() {
  damaged_middle s
  unchanged s 3 s compact
  err_has s
  [ "$(find . -maxdepth 1 -type f ! -name out ! -name err | wc -l)" -eq 1 ] || fail "something was left behind: $(ls)"
}

test_repair_of_a_damaged_value() {
  damaged_middle s
  unchanged s 0 s repair new
  value_is new a "$(printf '%0100d' 1)"
  value_is new c "$(printf '%0100d' 3)"
  run 1 new read b
  run 0 new verify
  rm new
  unchanged s 0 s repair new --json
  json_is 'd["kept_entries"] == 2 and 1 <= d["lost_count"] <= len(d["faults"])'
}

test_garbage_at_the_end_is_left_out_and_told() {
  three s
  printf 'garbage that is no entry' >>s
  unchanged s 0 s read b
  out_is "$(printf '%0100d' 2)"
  err_has warning
  unchanged s 0 s -q ls
  err_has warning
  unchanged s 3 s verify
  unchanged s 0 s info
  ! grep -q 'the file is whole' out || fail "info says nothing"
  put s d 4
  value_is s d 4
  value_is s a "$(printf '%0100d' 1)"
  run 0 s verify
}

test_torn_end_loses_the_last_entry_only() {
  three s
  local size cut
  size=$(stat -c %s s)
  for cut in 1 7 19 20 21 60 110; do
    cp s torn
    truncate -s $((size - cut)) torn
    unchanged torn 0 torn read a
    out_is "$(printf '%0100d' 1)"
    unchanged torn 0 torn read b
    unchanged torn 1 torn read c
    unchanged torn 3 torn verify --json
    json_is 'd["ok"] is False'
  done
}

test_repair_after_a_broken_link() {
  three s
  put s d 4
  # The link of the middle entry: everything before it is reached by no chain.
  run 0 s metadata b --json
  flip s $(($(json_get 'd["trailer_offset"]') + 8))
  unchanged s 0 s repair new
  value_is new a "$(printf '%0100d' 1)"
  value_is new c "$(printf '%0100d' 3)"
  value_is new d 4
  run 0 new verify
}

test_older_generations_are_read_and_upgraded() {
  put hashes a 1
  local a b c
  a=$(hash_of hashes a)
  put hashes b 1
  b=$(hash_of hashes b)
  put hashes c 1
  c=$(hash_of hashes c)
  local generation trailer alignment
  while read -r generation trailer alignment; do
    store_of old "$trailer" "$alignment" "$a=first" "$b=the value of b" "$a=second value of a" "$c=the value of c"
    unchanged old 0 old info --json
    json_is "d['generation'] == '$generation' and d['alignment'] == $alignment and d['entries'] == 3"
    unchanged old 0 old read a
    out_is 'second value of a'
    unchanged old 0 old verify
    unchanged old 0 old ls --json
    lines_are 'len(d) == 3 and all(e["checksum_ok"] for e in d)'
    local command
    for command in 'write k v' 'delete a' 'rename a k' compact index; do
      # shellcheck disable=SC2086
      unchanged old 2 old $command
      err_has upgrade
    done
    unchanged old 0 old upgrade "new-$generation"
    run 0 "new-$generation" info --json
    json_is 'd["generation"] == "aligned-64" and d["entries"] == 3'
    value_is "new-$generation" a 'second value of a'
    value_is "new-$generation" b 'the value of b'
    value_is "new-$generation" c 'the value of c'
    run 0 "new-$generation" verify
    unchanged "new-$generation" 4 old upgrade "new-$generation"
    err_has "new-$generation"
  done <<'GENERATIONS'
packed-19 19 1
packed-20 20 1
aligned-16 20 16
aligned-32 20 32
aligned-128 20 128
GENERATIONS
}

test_deletions_of_an_older_generation() {
  put hashes a 1
  local a
  a=$(hash_of hashes a)
  store_of old 20 16 "$a=a value of a" "0123456789abcdef=a value of another" "$a="
  run 1 old read a
  run 0 old read --hash 0123456789abcdef
  out_is 'a value of another'
  run 0 old upgrade new
  run 1 new read a
  run 0 new info --json
  json_is 'd["entries"] == 1'
}

test_the_generation_can_be_said() {
  store_of old 20 1 '0123456789abcdef=one' '0123456789abcdee=two'
  run 0 --generation packed-20 old info --json
  json_is 'd["generation"] == "packed-20" and d["entries"] == 2'
  run 0 old --generation packed-20 read --hash 0123456789abcdee
  out_is two
  run 0 old --generation=packed-20 upgrade new
  run 0 new read --hash 0123456789abcdef
  out_is one
}

test_upgrade_of_a_current_store() {
  three s
  put s a newer
  unchanged s 0 s upgrade new
  value_is new a newer
  run 0 new info --json
  json_is 'd["entries"] == 3'
}
