#!/usr/bin/env bash
# The library's functions and types against tests/abi/baseline.abi, what they were when they were last accepted, by abidiff. Prints TAP.
#
# usage: baseline.sh check LIBRARY SOURCE_ROOT      the library must have been built with debug information
#        baseline.sh accept LIBRARY SOURCE_ROOT     makes what LIBRARY has the baseline: after functions or members were added
set -euo pipefail

command=$1
library=$2
root=$3
baseline=$root/tests/abi/baseline.abi

# Only what the header shows, and nothing of the machine or of the folder it was built in.
describe() { # LIBRARY
  abidw --headers-dir "$root/include" --drop-private-types --exported-interfaces-only --drop-undefined-syms \
    --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed --type-id-style hash "$1" |
    sed -e "s/ architecture='[^']*'//" -e "s| path='[^']*/\([^/']*\)'| path='\1'|"
}
# compare FROM ARGUMENT...: what abidiff finds different in the library from FROM, on stderr. "same", "other" or, when it fails, "unknown".
compare() {
  local from=$1 code=0
  shift
  abidiff --no-architecture "$@" "$from" "$scratch/now.abi" >&2 || code=$?
  case $code in
    0) echo same ;;
    4 | 8 | 12) echo other ;;
    *) echo unknown ;;
  esac
}
skip_all() {
  echo "1..0 # SKIP $*"
  exit 0
}

for tool in abidw abidiff readelf; do command -v $tool >/dev/null || skip_all "no $tool here (Debian: abigail-tools, binutils)"; done
readelf -SW "$library" | grep -q '\.debug_info' || skip_all "the library was built without debug information"
nm -D --undefined-only "$library" | grep -q ' __[at]san_' && skip_all "the library was built with a sanitizer"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case $command in
  accept)
    describe "$library" >"$scratch/now.abi"
    cp "$scratch/now.abi" "$baseline"
    echo "written: $baseline"
    exit 0
    ;;
  check) ;;
  *) exit 2 ;;
esac

number=0
failed=0
report() { # NAME GOT WANTED
  number=$((number + 1))
  if [ "$2" = "$3" ]; then echo "ok $number - $1"; else echo "not ok $number - $1" && failed=1; fi
}

describe "$library" >"$scratch/now.abi"
compatible=(--no-added-syms --suppressions "$root/tests/abi/growth.suppr")
report what_was_there_is_as_it_was "$(compare "$baseline" "${compatible[@]}")" same
report what_is_there_is_in_the_baseline "$(compare "$baseline")" same
if [ $failed -ne 0 ]; then
  echo "# if this adds something and takes nothing away: tests/abi/baseline.sh accept $library $root" >&2
fi

# A gate that lets everything pass is none, and one that lets nothing pass would be taken away. As if the library had changed from this:
after_change() { # NAME SED_SCRIPT WANTED
  sed "$2" "$baseline" >"$scratch/broken.abi"
  if cmp -s "$baseline" "$scratch/broken.abi"; then
    report "$1" "no such line in the baseline" "$3"
  else
    report "$1" "$(compare "$scratch/broken.abi" "${compatible[@]}" 2>/dev/null)" "$3"
  fi
}
in_view="/class-decl name='simdr_view'/,/<\/class-decl>/"
in_stats="/class-decl name='simdr_stats'/,/<\/class-decl>/"
in_sync="/function-decl name='simdr_store_sync'/,/<\/function-decl>/"
after_change a_function_that_went_away_is_seen 's/simdr_store_count\b/simdr_store_gone/g' other
after_change a_member_that_moved_is_seen "$in_view s/layout-offset-in-bits='64'/layout-offset-in-bits='128'/" other
after_change a_parameter_that_went_away_is_seen "$in_sync { /name='durability'/d }" other
after_change growth_of_a_struct_without_size_is_seen \
  "$in_view { s/size-in-bits='320'/size-in-bits='256'/; /layout-offset-in-bits='\(256\|288\)'/,/<\/data-member>/d }" other
after_change growth_of_a_struct_with_size_is_none_of_it \
  "$in_stats { s/size-in-bits='1088'/size-in-bits='1024'/; /layout-offset-in-bits='1024'/,/<\/data-member>/d }" same
echo "1..$number"
exit $failed
