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
