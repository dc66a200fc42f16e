# shellcheck shell=bash disable=SC2154  # ./test sources this; here and scratch are its
# The tests with the library that the feature `vendored` builds and links statically, where no installed one can be found. Under AddressSanitizer if
# that is possible: then the library is compiled for it too, and a handle that is released twice, used afterwards or never is
# seen on both sides. (Miri would see more of the Rust side, but it cannot call C.) Sourced by ./test.

test_vendored() {
  local tool host why leaks=1
  for tool in meson ninja c++; do
    command -v "$tool" >/dev/null || {
      say_skip vendored "it needs $tool"
      return 0
    }
  done
  host=$(rustc -vV | sed -n 's/^host: //p')
  local cargo_test=(env -u LD_LIBRARY_PATH PKG_CONFIG_PATH=/nonexistent "CARGO_TARGET_DIR=$scratch/target-vendored")
  local tests=(cargo test --locked --offline --no-fail-fast --manifest-path "$here/Cargo.toml" -p simdr-sys -p simdr
    -p simd-r-drive-compat --features "$all_features,simdr/vendored")
  passes vendored/builds_the_sources_that_it_is_told builds_the_sources_that_it_is_told
  if why=$(cannot_sanitize "$host"); then
    say_skip asan "$why"
    cargo_tests vendored/ "${cargo_test[@]}" "${tests[@]}" --test header --test conformance
    return 0
  fi
  # In some containers no process may look at another's memory, which finding leaks takes.
  if ! "$scratch/sanitizer_probe" 2>/dev/null; then
    leaks=0
    say_skip asan/leaks "LeakSanitizer does not run here"
  fi
  # RUSTC_BOOTSTRAP makes a stable compiler take the option. With --target the build scripts are built without it.
  cargo_test+=(RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address 'CXXFLAGS=-O1 -fsanitize=address -fno-omit-frame-pointer')
  tests+=(--target "$host")
  cargo_tests asan/ "${cargo_test[@]}" "ASAN_OPTIONS=detect_leaks=$leaks" "${tests[@]}" \
    --test header --test api --test facade --test conformance -- --skip leaks::
  # What these leak they leak on purpose.
  cargo_tests asan/ "${cargo_test[@]}" ASAN_OPTIONS=detect_leaks=0 "${tests[@]}" --test api -- leaks::
}

# cannot_sanitize HOST: says why, or fails when it can. Leaves a program to try what the sanitizer can do.
cannot_sanitize() {
  if ! echo 'fn main() {}' |
    RUSTC_BOOTSTRAP=1 rustc -Zsanitizer=address --target "$1" -o "$scratch/sanitizer_probe" - >/dev/null 2>&1; then
    echo "this rustc does not build for AddressSanitizer"
  elif ! ASAN_OPTIONS=detect_leaks=0 "$scratch/sanitizer_probe" >/dev/null 2>&1; then
    echo "AddressSanitizer does not run here"
  elif ! echo 'int main() {}' | c++ -fsanitize=address -x c++ -o "$scratch/sanitizer_probe_cc" - >/dev/null 2>&1; then
    echo "this C++ compiler does not build for AddressSanitizer"
  else
    return 1
  fi
}

# make_sources FOLDER TEXT: what a checkout has for the build script, with a library that is nothing but this text.
make_sources() {
  mkdir -p "$1/include" "$1/src"
  touch "$1/include/simdr.h"
  echo "const char simdr_text[] = \"$2\";" >"$1/src/text.c"
  printf "option('%s', type: 'feature')\n" tests tools >"$1/meson_options.txt"
  printf "project('simdr', 'c')\nsubdir('src')\n" >"$1/meson.build"
  echo "static_library('simdr', 'text.c')" >"$1/src/meson.build"
}

builds_the_sources_that_it_is_told() {
  local name
  rm -rf "$scratch/sources" "$scratch/target-sources"
  for name in one two; do make_sources "$scratch/sources/$name" "sources of $name"; done
  for name in one two one; do
    env CARGO_TARGET_DIR="$scratch/target-sources" SIMDR_SOURCE_DIR="$scratch/sources/$name" \
      cargo build --locked --offline --manifest-path "$here/Cargo.toml" -p simdr-sys --features simdr-sys/vendored || return 1
    [ "$(grep -ao 'sources of [a-z]*' "$scratch/target-sources/debug/libsimdr_sys.rlib" | sort -u)" = "sources of $name" ] || return 1
  done
}
