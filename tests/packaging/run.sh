#!/usr/bin/env bash
# Programs outside of this tree, built and run against an installed copy: with pkg-config, CMake and Meson, shared and static, in folders with
# spaces in their names, moved, staged, uninstalled. Prints TAP. What was run and said is in SCRATCH/CASE.log.
# usage: run.sh SOURCE_ROOT BUILD_ROOT SCRATCH      BUILD_ROOT: a complete build of this tree, which is installed into a staging folder
# shellcheck disable=SC2317  # the cases are run by name
set -u
export LC_ALL=C.UTF-8

source=$1
build=$2
scratch=$3
here=$source/tests/packaging
CC=${CC-cc}
CXX=${CXX-c++}
export CC CXX
unset PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR CMAKE_PREFIX_PATH DESTDIR LD_LIBRARY_PATH
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$source/meson.build")

number=0
failed=0

# run_case NAME FUNCTION ARGUMENT...: in a folder of its own. Exit code 77: skipped, and the last line says why.
run_case() {
  local name=$1 code
  shift
  number=$((number + 1))
  rm -rf "$scratch/case"
  mkdir -p "$scratch/case"
  (cd "$scratch/case" && set -eu && "$@") >"$scratch/$name.log" 2>&1 </dev/null
  code=$?
  case $code in
    0) echo "ok $number - $name" ;;
    77) echo "ok $number - $name # SKIP $(tail -n 1 "$scratch/$name.log")" ;;
    *)
      echo "not ok $number - $name"
      failed=1
      { echo "# $name:"; tail -n 40 "$scratch/$name.log" | sed 's/^/#   /'; } >&2
      ;;
  esac
}
skip() {
  echo "$*"
  exit 77
}
needs() { command -v "$1" >/dev/null || skip "no $1 here"; }
fail() {
  echo "$*"
  exit 1
}

libdir_of() { dirname "$(dirname "$(find "$1" -name simdr.pc)")"; }
pc() { # PREFIX ARGUMENT...
  local prefix=$1
  shift
  PKG_CONFIG_PATH=$(libdir_of "$prefix")/pkgconfig pkg-config "$@"
}
# expect_consumed [LIBDIR] -- PROGRAM: it runs and stores and reads, with the libraries of LIBDIR.
expect_consumed() {
  local libdir=$1 program=$2 said
  said=$(LD_LIBRARY_PATH=$libdir "$program" "$PWD/store.simdr")
  [ "$said" = "consumed $version" ] || fail "it said '$said'"
}
needs_simdr_at_run_time() { readelf -d "$1" | grep -q 'NEEDED.*libsimdr\.so\.0\]'; }

# ---- pkg-config

c_with_pkg_config() { # PREFIX
  needs pkg-config
  eval "flags=($(pc "$1" --cflags --libs simdr))"
  "$CC" -std=c99 -Wall -Werror -o consumer "$here/consumers/c/consumer.c" "${flags[@]}"
  needs_simdr_at_run_time consumer || fail "it was not linked with the shared library"
  expect_consumed "$(libdir_of "$1")" ./consumer
}
# With flags from --static alone, as whoever links everything statically has them.
c_with_pkg_config_static() { # PREFIX
  needs pkg-config
  echo 'int main(void) { return 0; }' >empty.c
  "$CC" -static -o empty empty.c 2>/dev/null || skip "no static C library here"
  eval "flags=($(pc "$1" --static --cflags --libs simdr))"
  "$CC" -static -o consumer "$here/consumers/c/consumer.c" "${flags[@]}"
  readelf -d consumer | grep NEEDED && fail "it is not static"
  expect_consumed '' ./consumer
}
# Only this library static, by a C compiler that knows of no C++ runtime.
c_with_the_archive() { # PREFIX
  needs pkg-config
  eval "flags=($(pc "$1" --static --cflags --libs simdr))"
  local flag words=()
  for flag in "${flags[@]}"; do
    if [ "$flag" = -lsimdr ]; then flag=$(libdir_of "$1")/libsimdr.a; fi
    words+=("$flag")
  done
  "$CC" -DSIMDR_STATIC -o consumer "$here/consumers/c/consumer.c" "${words[@]}"
  ! needs_simdr_at_run_time consumer || fail "it was linked with the shared library"
  expect_consumed '' ./consumer
}
pkg_config_says_what_is_true() { # PREFIX
  needs pkg-config
  [ "$(pc "$1" --modversion simdr)" = "$version" ] || fail version
  [ "$(pc "$1" --variable=prefix simdr | sed 's/\\ / /g')" = "$1" ] || fail "prefix: $(pc "$1" --variable=prefix simdr)"
  # A program that uses the shared library needs nothing else, neither now nor on the machine it is built on.
  [ -z "$(pc "$1" --print-requires simdr)$(pc "$1" --print-requires-private simdr)" ] || fail "it requires other packages"
  pc "$1" --libs-only-l simdr | grep -qx -- '-lsimdr *' || fail "libraries: $(pc "$1" --libs-only-l simdr)"
  pc "$1" --static --libs simdr | grep -q 'c++' || fail "no C++ runtime in the static flags"
}

# ---- CMake

# run_cmake PREFIX OPTION...: configures and builds the consumers in ./build.
run_cmake() {
  local prefix=$1
  shift
  needs cmake
  cmake -S "$here/consumers/cmake" -B build -DCMAKE_BUILD_TYPE=Release "-DCMAKE_PREFIX_PATH=$prefix" "$@"
}
cmake_shared() { # PREFIX
  run_cmake "$1" "-DWANTED=$version"
  cmake --build build
  needs_simdr_at_run_time build/consumer_cpp || fail "it was not linked with the shared library"
  expect_consumed '' build/consumer_cpp # CMake's own rpath leads to it
  expect_consumed '' build/consumer_c
}
cmake_static() { # PREFIX
  run_cmake "$1" -DLINKED=static
  cmake --build build
  ! needs_simdr_at_run_time build/consumer_cpp || fail "it was linked with the shared library"
  expect_consumed '' build/consumer_cpp
  expect_consumed '' build/consumer_c
}
cmake_refuses_other_versions() { # PREFIX
  local wanted
  for wanted in 99 1.0 "${version%.*}.99"; do
    ! run_cmake "$1" "-DWANTED=$wanted" || fail "it took $version for $wanted"
    rm -rf build
  done
  for wanted in 0.1 "$version" "0.0...0.99" "$version;EXACT"; do
    run_cmake "$1" "-DWANTED=$wanted" || fail "it did not take $version for $wanted"
    rm -rf build
  done
}

# ---- Meson

meson_with_what_is_installed() { # PREFIX
  needs pkg-config
  cp "$here/consumers/meson/meson.build" "$here/consumers/c/consumer.c" .
  PKG_CONFIG_PATH=$(libdir_of "$1")/pkgconfig meson setup build
  ninja -C build
  expect_consumed "$(libdir_of "$1")" build/consumer
}
# The other project sees the library, and neither this one's tests nor its command nor its options.
meson_subproject() {
  mkdir subprojects
  ln -s "$source" subprojects/simdr
  cp "$here/consumers/meson/simdr.wrap" subprojects/
  cp "$here/consumers/meson/meson.build" "$here/consumers/c/consumer.c" .
  meson setup build --force-fallback-for=simdr -Doptimization=0 -Ddebug=false
  meson introspect --targets build | grep -q gtest && fail "the tests are built too"
  nice ninja -C build ${JOBS:+-j "$JOBS"}
  expect_consumed '' build/consumer
}

# ---- installing

files_below() { (cd "$1" && find . ! -type d | sort); }
staged() { # FOLDER: installs the complete build there
  DESTDIR=$1 meson install -C "$build" --no-rebuild
}
a_staged_install_has_everything() {
  local prefix where file
  staged "$PWD/stage"
  prefix=$(meson introspect --buildoptions "$build" | python3 -c '
import json, sys
print(next(option["value"] for option in json.load(sys.stdin) if option["name"] == "prefix"))')
  where=$PWD/stage$prefix
  [ -z "$(files_below "$PWD/stage" | grep -v "^\.$prefix/")" ] || fail "files outside of the prefix"
  for file in include/simdr.h include/simdr.hpp include/simdr_api.h bin/simdr share/man/man1/simdr.1 share/man/man3/simdr.3 \
    share/man/man3/simdr_store_open.3 share/bash-completion/completions/simdr share/zsh/site-functions/_simdr \
    share/fish/vendor_completions.d/simdr.fish; do
    [ -e "$where/$file" ] || fail "no $file"
  done
  where=$(libdir_of "$where")
  for file in libsimdr.a libsimdr.so libsimdr.so.0 "libsimdr.so.$version" pkgconfig/simdr.pc \
    cmake/simdr/simdrConfig.cmake cmake/simdr/simdrConfigVersion.cmake; do
    [ -e "$where/$file" ] || fail "no $file"
  done
  ! grep -rqF "$PWD" stage || fail "the staging folder's name is in: $(grep -rlF "$PWD" stage)"
  ! grep -rqF "$build" stage --include='*.pc' --include='*.cmake' || fail "the build folder's name is in what is installed"
  LD_LIBRARY_PATH=$where "${where%/lib*}/bin/simdr" version
}
an_uninstall_leaves_nothing() {
  staged "$PWD/stage"
  [ "$(files_below stage | wc -l)" -gt 100 ] || fail "too little was installed"
  ninja -C "$build" uninstall
  # The log of what is installed is the build folder's; what was installed by then is gone.
  [ -z "$(files_below stage)" ] || fail "left: $(files_below stage | head)"
  [ -z "$(find stage -mindepth 1 2>/dev/null | head -n 1)" ] || fail "folders are left"
}
# CMake's files know where they lie; pkg-config is told.
a_moved_copy_is_found() { # PREFIX
  cp -a "$1" moved
  cmake_shared "$PWD/moved"
  readelf -d build/consumer_cpp | grep -q "$PWD/moved" || fail "it found the copy that was not moved"
  rm -rf build store.simdr
  eval "flags=($(pc "$PWD/moved" --define-variable=prefix="$PWD/moved" --cflags --libs simdr))"
  "$CC" -o consumer "$here/consumers/c/consumer.c" "${flags[@]}"
  expect_consumed "$(libdir_of "$PWD/moved")" ./consumer
}
a_host_loads_what_is_installed() { # PREFIX
  "$CC" -I"$1/include" -o host "$source/examples/load_at_run_time.c" -ldl
  [ "$(./host "$(libdir_of "$1")/libsimdr.so.0")" = "hello, host" ] || fail "the host did not work"
}

# ---- manual pages

the_library_manual_is_what_the_header_says() { python3 "$source/tools/make_manual.py" --check "$source"; }
the_manuals_are_well_formed() {
  needs mandoc
  mandoc -T lint -W warning "$source/docs/man/simdr.3" "$source/docs/man/simdr.1"
}
each_function_has_a_manual_page() { # PREFIX
  local name
  for name in $(sed -n 's/^ *\(simdr_[a-z_]*\);/\1/p' "$source/src/simdr.map"); do
    grep -q "^\.Fo $name\$" "$1/share/man/man3/$name.3" || fail "none for $name"
  done
}

mkdir -p "$scratch"
plain=$scratch/copy/prefix
spaced="$scratch/copy/pre fix with spaces"
log=$scratch/installed_copy.log
if ! { "$here/installed_copy.sh" "$scratch/copy" "$spaced" && "$here/installed_copy.sh" "$scratch/copy" "$plain"; } >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  echo 'Bail out! the library cannot be installed'
  exit 1
fi

run_case c_with_pkg_config c_with_pkg_config "$plain"
run_case c_with_pkg_config_static c_with_pkg_config_static "$plain"
run_case c_with_the_archive c_with_the_archive "$plain"
run_case pkg_config_says_what_is_true pkg_config_says_what_is_true "$plain"
run_case cmake_shared cmake_shared "$plain"
run_case cmake_static cmake_static "$plain"
run_case cmake_refuses_other_versions cmake_refuses_other_versions "$plain"
run_case meson_with_what_is_installed meson_with_what_is_installed "$plain"
run_case meson_subproject meson_subproject
run_case spaces_c_with_pkg_config c_with_pkg_config "$spaced"
run_case spaces_c_with_the_archive c_with_the_archive "$spaced"
run_case spaces_pkg_config_says_what_is_true pkg_config_says_what_is_true "$spaced"
run_case spaces_cmake_shared cmake_shared "$spaced"
run_case spaces_cmake_static cmake_static "$spaced"
run_case spaces_meson_with_what_is_installed meson_with_what_is_installed "$spaced"
run_case a_staged_install_has_everything a_staged_install_has_everything
run_case an_uninstall_leaves_nothing an_uninstall_leaves_nothing
run_case a_moved_copy_is_found a_moved_copy_is_found "$plain"
run_case a_host_loads_what_is_installed a_host_loads_what_is_installed "$plain"
run_case the_library_manual_is_what_the_header_says the_library_manual_is_what_the_header_says
run_case the_manuals_are_well_formed the_manuals_are_well_formed
run_case each_function_has_a_manual_page each_function_has_a_manual_page "$plain"
rm -rf "$scratch/case"
echo "1..$number"
exit "$failed"
