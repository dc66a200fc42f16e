# shellcheck shell=bash disable=SC2154  # ./dev sources this beside packages.sh and build.sh
# The stages of ./dev check. Each works in a build folder of its own. Sourced by ./dev.

quick_stages=(format layers docs quick)
full_stages=(format layers docs gcc clang asan tsan noavx abi arm64 fuzz)

# What this project's C and C++ is, NUL-separated: also what is not yet committed.
source_files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -z --cached --others --exclude-standard -- '*.h' '*.hpp' '*.c' '*.cc'
  else
    find . -path ./build -prune -o -type f \( -name '*.h' -o -name '*.hpp' -o -name '*.c' -o -name '*.cc' \) -print0
  fi
}

find_formatter() { command -v clang-format-16; }

# use_clang VERSION: that one if it is here, else another that is here, else installs that one.
use_clang() {
  local version=$1 there
  if ! command -v "clang++-$version" >/dev/null; then
    for there in 19 18 17 16 15; do
      if command -v "clang++-$there" >/dev/null; then version=$there && break; fi
    done
  fi
  need_packages "clang-$version=clang++-$version" "libclang-rt-$version-dev"
  export CC=clang-$version CXX=clang++-$version
}

# build_stage NAME MESON_OPTION...: with all tests, and without a warning.
build_stage() {
  local name=$1
  shift
  need_packages "${build_packages[@]}" "${test_packages[@]}"
  configure "build/$name" "${test_options[@]}" "$@"
  build_all "build/$name"
}

stage_format() {
  need_packages "$format_package"
  source_files | xargs -0 "$(find_formatter)" --dry-run --Werror --ferror-limit=5
}

stage_layers() {
  need_packages python3=python3
  python3 tools/check_layers.py
}

stage_docs() {
  need_packages python3=python3
  python3 tools/check_docs.py
  python3 tools/make_api_table.py --check
  python3 tools/make_manual.py --check
}

stage_quick() {
  build_stage gcc -Dwerror=true
  test_in build/gcc --matching '^(unit|api|abi|conformance|dlopen)'
}

stage_gcc() {
  want_packages "${wanted_packages[@]}"
  want_rust
  want_go
  build_stage gcc -Dwerror=true
  test_in build/gcc
}

# The oldest that is promised to do, as gcc 12 is among the gccs; both are Debian 12's own.
stage_clang() {
  use_clang 14
  build_stage clang -Dwerror=true
  # The bindings are tested with the system's compiler, whatever this is.
  test_in build/clang --not-matching '^(bindings|arm64)'
}

stage_asan() {
  export ASAN_OPTIONS=halt_on_error=1:detect_stack_use_after_return=1:detect_leaks=1
  export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  build_stage asan -Db_sanitize=address,undefined
  test_in build/asan --not-matching "$untouched_by_sanitizers"
}

# What runs other languages, reads documents or measures time: nothing a sanitizer sees, or nothing it has the time for.
untouched_by_sanitizers='^(readme|layers|docs|dev|bench|oracle|interop|packaging|bindings|arm64)'

stage_tsan() {
  # A child of fork() has its parent's threads on the list of those to be joined, and cannot join them.
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:report_thread_leaks=0
  build_stage tsan -Db_sanitize=thread
  # ThreadSanitizer of these compilers ends at once where the kernel scatters addresses over more bits than it expects.
  local wrapper=()
  if setarch -R true 2>/dev/null; then wrapper=(--wrapper 'setarch -R'); fi
  test_in build/tsan --not-matching "$untouched_by_sanitizers|^cli" ${wrapper[@]+"${wrapper[@]}"}
}

# The kernels that every CPU has, whatever this one has.
stage_noavx() {
  build_stage gcc -Dwerror=true
  export SIMDR_KERNEL=scalar
  test_in build/gcc --not-matching '^(readme|layers|docs|dev|bench|packaging|bindings|arm64)'
}

stage_abi() {
  want_packages abigail-tools=abidiff
  build_stage gcc -Dwerror=true
  test_in build/gcc --matching '^abi'
}

# Left out: what runs programs of the machine that builds, what an emulator has no time for, and what it does not emulate (qemu 7: a limit on
# the address space, pages that are wiped in a child).
not_on_arm64='^(readme|layers|docs|dev|bench|interop|crash-kill|crash-power|fault|api_fork|api_memory|api_examples|api_headers)'

stage_arm64() {
  need_packages "${build_packages[@]}" "${test_packages[@]}" "${arm64_packages[@]}"
  want_arm64
  has_arm64 || die "the libraries for arm64 cannot be had"
  configure build/arm64 "${test_options[@]}" -Dtools=disabled -Dwerror=true --cross-file "$arm64_cross_file"
  build_all build/arm64
  export GTEST_FILTER=-ForkCanaryTest.KnowsAChild:ReadSectionForkTest.*
  test_in build/arm64 --not-matching "$not_on_arm64"
}

stage_fuzz() { run_fuzz_targets 60; }

# run_fuzz_targets SECONDS: each libFuzzer program for so long, from its corpus; what it finds stays in build/fuzz/found.
run_fuzz_targets() {
  local seconds=$1 program name failed=0 programs=()
  if [ ! -f fuzz/meson.build ]; then
    echo "no fuzz targets in this tree"
    return 0
  fi
  use_clang 16
  need_packages "${build_packages[@]}" "${test_packages[@]}"
  configure build/fuzz -Dbuildtype=debugoptimized -Dfuzz=enabled -Dtests=enabled -Dtools=disabled \
    -Ddefault_library=static -Db_sanitize=address,undefined -Db_lundef=false -Dcpp_args=-fsanitize=fuzzer-no-link
  mapfile -t programs < <(executables_of build/fuzz '^fuzz_(open|scan|salvage|index|api)$')
  [ ${#programs[@]} -gt 0 ] || die "there is no executable fuzz_... in this tree"
  echo "building build/fuzz"
  run_ninja -C build/fuzz "${programs[@]}"
  for program in "${programs[@]}"; do
    name=$(basename "$program")
    name=${name#fuzz_}
    mkdir -p "build/fuzz/found/$name"
    echo "fuzzing $name for $seconds s"
    "build/fuzz/$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 \
      -artifact_prefix="build/fuzz/found/$name-" "build/fuzz/found/$name" "fuzz/corpus/$name" </dev/null || failed=1
  done
  return "$failed"
}

run_check() {
  local stages=("$@") stage started failed=() report=
  case "${1-quick}" in
    quick) stages=("${quick_stages[@]}") ;;
    full) stages=("${full_stages[@]}") ;;
  esac
  for stage in "${stages[@]}"; do
    declare -F "stage_$stage" >/dev/null || die "there is no stage '$stage'; see ./dev help"
  done
  for stage in "${stages[@]}"; do
    printf '\n== %s\n' "$stage"
    started=$SECONDS
    # In a process of its own: what a stage sets is not the next one's, and one that dies does not end the others.
    set +e
    (set -e; "stage_$stage")
    local code=$?
    set -e
    [ "$code" -eq 0 ] || failed+=("$stage")
    report+=$(printf '  %-8s %s, %d s' "$stage" "$([ "$code" -eq 0 ] && echo passed || echo FAILED)" $((SECONDS - started)))$'\n'
  done
  printf '\n%s' "$report"
  [ ${#failed[@]} -eq 0 ]
}
