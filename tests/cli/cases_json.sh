# shellcheck shell=bash
# What --json prints.

test_info_json() {
  three s
  put s a again
  run 0 s delete b
  run 0 s info --json
  json_is 'd["generation"] == "aligned-64" and d["alignment"] == 64 and d["entries"] == 2'
  json_is "d['file_size'] == d['tail'] == $(stat -c %s s)"
  json_is 'd["recovered_from"] is None and d["compaction_savings"] > 200'
  json_is 'all(type(d[n]) is int for n in ("alignment", "file_size", "tail", "entries", "compaction_savings"))'
  [ "$(wc -l <out)" -eq 1 ] || fail "not one line"
}

test_info_json_of_an_empty_store() {
  put s k v
  run 0 s delete k
  run 0 s compact
  [ ! -s s ] || fail "an empty store is an empty file"
  run 0 s info --json
  json_is 'd["entries"] == d["file_size"] == d["tail"] == d["compaction_savings"] == 0 and d["recovered_from"] is None'
  run 0 s ls --json
  no_out
  run 0 s verify --json
  json_is 'd["ok"] and d["entries"] == 0'
}

test_ls_json_against_the_bytes_of_the_file() {
  put s first "$(printf '%0100d' 1)"
  put s second two
  put s third 3
  put s second 2
  run 0 s delete third
  run 0 s ls --json
  python3 - <<'PYTHON' || fail "the list does not agree with the file"
import json, struct, zlib
data = open("s", "rb").read()
entries = [json.loads(line) for line in open("out")]
assert [e["payload_size"] for e in entries] == [1, 100]
for e in entries:
    assert list(e) == ["key_hash", "payload_offset", "payload_size", "prev_tail", "checksum", "checksum_ok"], list(e)
    end = e["payload_offset"] + e["payload_size"]
    key_hash, prev_tail, checksum = struct.unpack("<QQI", data[end:end + 20])
    assert e["key_hash"] == "%016x" % key_hash
    assert e["prev_tail"] == prev_tail
    assert e["checksum"] == "%08x" % checksum == "%08x" % zlib.crc32(data[e["payload_offset"]:end])
    assert e["checksum_ok"] is True
PYTHON
}

test_ls_json_is_newest_first() {
  three s
  put s a newest
  run 0 s ls --json
  lines_are '[e["payload_size"] for e in d] == [6, 100, 100]'
  lines_are 'sorted((e["payload_offset"] for e in d), reverse=True) == [e["payload_offset"] for e in d]'
}

test_ls_json_of_all_versions() {
  put s k 1
  put s k 22
  put s k 333
  run 0 s delete k
  run 0 s ls --json
  no_out
  run 0 s ls --json --all-versions
  lines_are '[e["payload_size"] for e in d] == [3, 2, 1] and len({e["key_hash"] for e in d}) == 1'
  run 0 s ls --all-versions
  [ "$(wc -l <out)" -eq 3 ] || fail "3 versions"
}

test_metadata_json() {
  put s other x
  put s k value
  run 0 s metadata k --json
  json_is 'd["key"] == "k" and d["payload_size"] == 5 and d["checksum_ok"] is True'
  json_is 'd["payload_offset"] % 64 == 0 and d["trailer_offset"] == d["payload_offset"] + 5'
  json_is 'd["tail_offset"] == d["trailer_offset"] + 20 and d["size_with_metadata"] == 25'
  json_is "d['tail_offset'] == $(stat -c %s s) and d['prev_tail'] == 21"
  python3 -c 'import json, zlib; assert json.load(open("out"))["checksum"] == "%08x" % zlib.crc32(b"value")' ||
    fail "checksum"
}

test_json_escapes_keys() {
  local key
  for key in $'"\\\n\t\r\b\x01\x7f/' 'ключ 🔑' $'not \xff UTF-8 \xc3' $'\xed\xa0\x80 \xf4\x90\x80\x80 \xc0\x80'; do
    put s "$key" v
    run 0 s metadata --json -- "$key"
    KEY=$key python3 - <<'PYTHON' || fail "key $key"
import json, os
wanted = os.fsencode(os.environ["KEY"]).decode("utf-8", "replace")
found = json.load(open("out", encoding="utf-8"))["key"]
squeeze = lambda text: __import__("re").sub("\ufffd+", "\ufffd", text)
assert squeeze(found) == squeeze(wanted), (found, wanted)
PYTHON
  done
}

test_json_escapes_file_names() {
  local file=$'a "file"\n\xff'
  put "$file" k v
  run 0 "$file" info --json
  json_is 'd["file"] == "a \"file\"\n\ufffd"'
}

test_json_of_a_damaged_store() {
  three s
  local garbage
  garbage='"quotes" \ and more, which is no entry'
  printf '%s' "$garbage" >>s
  run 0 s info --json
  json_is "type(d['recovered_from']) is str and d['entries'] == 3 and d['file_size'] == $(stat -c %s s) > d['tail']"
  run 3 s verify --json
  json_is 'd["ok"] is False and len(d["faults"]) >= 1'
  json_is 'all(type(f["offset"]) is int and type(f["size"]) is int and f["what"] for f in d["faults"])'
}
