# shellcheck shell=bash disable=SC2034,SC2154  # ./dev sources this
# Configuring, building and testing in one build folder. Sourced by ./dev, whose root and die() it uses.

test_options=(-Dbuildtype=debugoptimized -Dtests=enabled -Dtools=enabled)

# configure FOLDER MESON_OPTION...: makes the folder, unless it is there and was made the same way; what is there is brought up to
# date with the meson.build files, which say what targets and tests there are.
configure() {
  local folder=$1 words made_with
  shift
  made_with="CC=${CC-} CXX=${CXX-} $(meson --version) $*"
  if [ -f "$folder/build.ninja" ] && [ "$(cat "$folder/made-with.txt" 2>/dev/null)" = "$made_with" ]; then
    if ! words=$(ninja -C "$folder" build.ninja 2>&1 </dev/null); then
      echo "$words" >&2
      die "meson could not configure $folder anew"
    fi
    return 0
  fi
  echo "configuring $folder"
  mkdir -p "$folder"
  find "$folder" -mindepth 1 -delete
  if ! words=$(meson setup "$folder" "$@" 2>&1 </dev/null); then
    echo "$words" >&2
    die "meson setup failed"
  fi
  echo "$made_with" >"$folder/made-with.txt"
}

# The compiler's words and errors are shown; progress only to a terminal.
run_ninja() {
  local quiet=(--quiet)
  [ -t 1 ] && quiet=()
  ninja "${quiet[@]}" ${JOBS:+-j "$JOBS"} "$@" || die "the build failed"
}

build_all() {
  echo "building $1"
  run_ninja -C "$1"
}

# executables_of FOLDER REGEX: what ninja calls the executables whose names match.
executables_of() {
  meson introspect --targets "$1" | python3 -c '
import json, os, re, sys
for target in json.load(sys.stdin):
    if target["type"] == "executable" and re.search(sys.argv[1], target["name"]):
        print(os.path.relpath(target["filename"][0], sys.argv[2]))
' "$2" "$root/$1"
}

# build_target FOLDER NAME: an executable, in whatever subfolder.
build_target() {
  local path
  echo "building $1"
  path=$(executables_of "$1" "^$2\$")
  [ -n "$path" ] || die "there is no executable $2 in this tree"
  run_ninja -C "$1" "$path"
}

# tests_matching FOLDER REGEX: the names of the tests of whose suites or name a part matches.
tests_matching() {
  meson introspect --tests "$1" | python3 -c '
import json, re, sys
pattern = re.compile(sys.argv[1])
for test in json.load(sys.stdin):
    if any(pattern.search(text) for text in [test["name"], *test["suite"]]):
        print(test["name"])
' "$2"
}

# known_tests FOLDER NAME...: fails, and says which tests there are, when one of the names, which may have wildcards, is no test's.
known_tests() {
  local folder=$1 name test all known
  shift
  mapfile -t all < <(tests_matching "$folder" .)
  for name; do
    known=
    for test in "${all[@]}"; do
      # shellcheck disable=SC2053  # a pattern
      [[ $test == $name ]] && known=1 && break
    done
    [ -n "$known" ] || die "there is no test '$name'; there are: ${all[*]}"
  done
}

# test_in FOLDER [--matching REGEX | --not-matching REGEX] [--no-timeout] [--wrapper COMMAND] [--test-args WORDS] [-- NAME...]
# Runs the tests and ends with the line that counts their cases. Fails when one fails, and when there was none.
test_in() {
  local folder=$1 arguments=(--no-rebuild --timeout-multiplier 3) names=() chosen=
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --matching)
        mapfile -t names < <(tests_matching "$folder" "$2")
        chosen="match '$2'"
        shift
        ;;
      --not-matching)
        mapfile -t names < <(comm -23 <(tests_matching "$folder" . | sort) <(tests_matching "$folder" "$2" | sort))
        chosen="do not match '$2'"
        shift
        ;;
      --no-timeout) arguments+=(--timeout-multiplier 0) ;;
      --wrapper | --test-args)
        arguments+=("$1" "$2")
        shift
        ;;
      --)
        shift
        names=("$@")
        break
        ;;
    esac
    shift
  done
  if [ -n "$chosen" ] && [ ${#names[@]} -eq 0 ]; then
    echo "no tests $chosen"
    return 1
  fi
  # Meson takes the results of a GoogleTest program from a file in the folder; one of an earlier run must not count.
  find "$folder" -maxdepth 1 -name '*.xml' -delete
  rm -f "$folder/meson-logs/"testlog*.json "$folder/meson-logs/"testlog*.junit.xml
  meson test -C "$folder" "${arguments[@]}" ${names[@]+"${names[@]}"} </dev/null 2>"$folder/meson-logs/stderr.txt" |
    sed -un '/^ *[0-9]*\/[0-9]* /p' || true
  if ! python3 tools/dev/count_tests.py "$folder/meson-logs"; then
    cat "$folder/meson-logs/"testlog*.json 2>/dev/null | grep -q . || cat "$folder/meson-logs/stderr.txt" >&2
    return 1
  fi
}
