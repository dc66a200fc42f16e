#!/bin/sh
# build_oracle.sh SOURCE STATUS DEPFILE: builds the oracle, and writes `ok PROGRAM` or `missing REASON` to the file STATUS.
# It never fails: without cargo, or without the crates it needs, the tests that compare with the oracle are skipped and say so.
# The status of a failed build is dated 1970, so that the next run of ninja tries again. $CARGO_TARGET_DIR moves the build.
source=$1
status=$2
depfile=$3
log=$status.log
target=${CARGO_TARGET_DIR:-$(dirname "$status")/oracle-target}
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin

escaped() { sed 's/ /\\ /g'; }
{
  echo "$(echo "$status" | escaped): \\"
  find "$source" -name target -prune -o \( -name '*.rs' -o -name 'Cargo.*' \) -print | escaped | sed 's/$/ \\/'
} >"$depfile"

missing() {
  echo "missing: $1" >"$status"
  touch -d @0 "$status"
  echo "the interoperability tests will be skipped: $1" >&2
  exit 0
}

command -v cargo >/dev/null 2>&1 || missing "cargo is not installed"
if ! cargo build --release --locked --manifest-path "$source/Cargo.toml" --target-dir "$target" >"$log" 2>&1; then
  why=$(grep -m1 '^error' "$log" || tail -n1 "$log")
  missing "cargo could not build $source: $why (all of it in $log)"
fi
echo "ok $(cd "$target" && pwd)/release/simdr-oracle" >"$status"
