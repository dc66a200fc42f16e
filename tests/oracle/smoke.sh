#!/bin/sh
# Builds simdr-oracle and runs a small round trip through every command. Exits non-zero on the first mismatch.
set -eu
cd "$(dirname "$0")"

cargo build --release --locked --quiet
cargo test --release --locked --quiet
oracle=${CARGO_TARGET_DIR:-target}/release/simdr-oracle
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "smoke.sh: $1" >&2
    exit 1
}

# expect NAME ACTUAL WANTED
expect() {
    [ "$2" = "$3" ] || fail "$1: got
$2
wanted
$3"
}

# A history whose results follow from the format alone: 9 bytes and a trailer of 20 end at 29; 3 bytes after a pad
# to 64 end at 87; a tombstone adds 21 without a pad. The hash of the empty key and the CRC of "123456789" are published.
cat > "$work/known.txt" <<'END'
# Comments and empty lines are skipped.

put - hex:313233343536373839
put 61 fill:7:3
del 61
del 62
put 61 hex:00
reopen
END
expect "apply" "$("$oracle" apply "$work/known.bin" "$work/known.txt")" "ok 29
ok 87
ok 108
ok 108
err NULL-byte payloads cannot be written directly.
ok 108"
sha=15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225
expect "dump" "$("$oracle" dump "$work/known.bin")" "store 108 2
entry 2d06800538d394c2 0 9 9 cbf43926 1 $sha"
expect "get" "$("$oracle" get "$work/known.bin" - 61)" "9 $sha
none"

# A random history, applied again from its script, makes the same file; so does a second drawing.
for seed in 1 2 3; do
    first=$work/random$seed
    drawn=$("$oracle" random $seed 400 "$first.bin" "$first.txt" 20000 --hashes)
    "$oracle" apply "$first.again" "$first.txt" > "$first.out"
    cmp "$first.bin" "$first.again" || fail "random $seed: the script makes another file"
    expect "random $seed: results" "$(grep -c '^ok ' "$first.out")" 400
    expect "random $seed: live entries" "ok $(wc -c < "$first.bin" | tr -d ' ') $("$oracle" dump "$first.again" | grep -c '^entry ')" \
        "${drawn% *}"
    "$oracle" random $seed 400 "$first.2.bin" "$first.2.txt" 20000 --hashes > "$first.2.out"
    cmp "$first.txt" "$first.2.txt" || fail "random $seed: drawn differently the second time"
done

# The served answers are those of the commands.
expect "serve" "$(printf 'dump %s\nget %s -\nget %s zz\nfly\n' "$work/known.bin" "$work/known.bin" "$work/known.bin" | "$oracle" serve)" \
    "$("$oracle" dump "$work/known.bin")
.
9 $sha
.
error not hexadecimal: zz
.
error not a command: fly
."

# A bad script and a missing file are failures.
if echo fly | "$oracle" apply "$work/bad.bin" 2> /dev/null; then fail "apply accepted a bad script"; fi
if "$oracle" dump "$work/missing.bin" 2> /dev/null; then fail "dump accepted a missing file"; fi

# Every workload runs, once as it is and once with two threads where it can, and leaves nothing behind.
mkdir "$work/bench"
for workload in put batch get getbatch miss scan scancheck open compact; do
    case $workload in open | compact) threads=1 ;; *) threads=2 ;; esac
    lines=$("$oracle" bench $workload --size 50 --count 3000 --threads $threads --dir "$work/bench" --repeat 2 --warm --draws 500 --least 1 |
        grep -c "^$workload	50	$threads	[0-9]*	[0-9]*\$")
    expect "bench $workload: lines" "$lines" 2
done
expect "bench: files left" "$(ls "$work/bench")" ""

echo "smoke.sh: ok"
