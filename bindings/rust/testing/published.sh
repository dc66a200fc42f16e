# shellcheck shell=bash disable=SC2154  # ./test sources this; here and scratch are its
# The tests of simd-r-drive as published, against the facade. Sourced by ./test.
#
# Nothing of the crate is in this tree: its tests, its command and the examples of its documentation are copied from cargo's cache
# into a package in the scratch folder, which also compiles same_surface against the crate itself.

published_version=0.17.5-alpha

# Left out because they pin a defect. The README has the same list. Each is run all the same, and must fail.
declare -A left_out=(
  [persistence_tests/tests::test_recovery_from_interrupted_write]="pins a defect: opening cuts the file"
)
# Left out because they look at private members, in src/storage_engine/key_indexer.rs.
declare -A private=(
  [key_indexer/tests::clear_retains_capacity]="reads a private member of the crate's index"
  [key_indexer/tests::insert_if_absent_keeps_first]="is in one module with the one before"
)
# It waits for a wake-up that may have been before (Notify::notify_waiters wakes who waits already): on one CPU it hangs with the crate
# itself in 59 runs of 60. So a run that hangs is ended, and started again.
may_hang=concurrency_tests/interleaved_read_write_test

test_published() {
  local source package=$scratch/published name skips
  if [ "$(rust_version)" -lt 1088 ]; then
    say_skip published "simd-r-drive takes Rust 1.88"
    return 0
  fi
  if ! source=$(published_source simd-r-drive "$published_version") || [ -z "$source" ]; then
    say_skip published "cannot fetch simd-r-drive $published_version"
    return 0
  fi
  assemble_published "$source" "$package"
  if ! is_fetched "$package/Cargo.toml"; then
    say_skip published "cannot fetch what the tests of simd-r-drive $published_version need"
    return 0
  fi
  # Its own target folder: with other features than the workspace's, each would rebuild the other's. Offline, so that the tests of
  # the command, which call cargo, are.
  local cargo_test=(env -C "$package" "CARGO_TARGET_DIR=$scratch/target-published" CARGO_NET_OFFLINE=true cargo test)
  skips=(--skip "${may_hang#*/}")
  for name in "${!left_out[@]}"; do skips+=(--skip "${name#*/}"); done
  cargo_tests published/ "${cargo_test[@]}" --no-fail-fast -- --exact "${skips[@]}"
  test_that_may_hang "${cargo_test[@]}"
  for name in "${!left_out[@]}"; do test_left_out "$name" "${left_out[$name]}" "${cargo_test[@]}"; done
  for name in "${!private[@]}"; do say_skip "published/$name" "${private[$name]}"; done
}

# assemble_published SOURCE PACKAGE: keeps the times of the files, so that what has not changed is not built again.
assemble_published() {
  local source=$1 package=$2
  mkdir -p "$package"
  rm -rf "$package/tests" "$package/src"
  cp -rp "$source/tests" "$package/tests"
  cp -rp "$here/published-tests/same_surface" "$package/tests/"
  mkdir "$package/src"
  cp -rp "$source/src/main.rs" "$source/src/cli.rs" "$source/src/cli" "$package/src/"
  chmod -R u+w "$package/tests" "$package/src"
  # The versions that the crate was published with.
  [ -f "$package/Cargo.lock" ] || install -m 644 "$source/Cargo.lock" "$package/Cargo.lock"
  sed -e "s|@BINDINGS@|$here|" -e "s|@VERSION@|$published_version|" "$here/published-tests/Cargo.toml.in" |
    write_if_changed "$package/Cargo.toml"
  # Every line of documentation, in one file: what is an example in it is a test of the documentation.
  find "$source/src" -name '*.rs' | sort | xargs sed -nE 's|^ *//[/!] ?||p' | write_if_changed "$package/examples.md"
  echo '#![doc = include_str!("../examples.md")]' | write_if_changed "$package/src/lib.rs"
}

write_if_changed() { # FILE
  local text
  text=$(cat)
  [ "$text" = "$(cat "$1" 2>/dev/null)" ] || printf '%s\n' "$text" >"$1"
}

test_that_may_hang() { # CARGO TEST...
  local run status=0 log=$scratch/may_hang.log
  for ((run = 0; run < 10; run++)); do
    status=0
    timeout 10 "$@" --test "${may_hang%%/*}" -- --exact "${may_hang#*/}" >"$log" 2>&1 || status=$?
    [ "$status" -eq 124 ] || break
  done
  if [ "$status" -eq 0 ] && grep -q '^test result: ok. 1 passed' "$log"; then
    say_ok "published/$may_hang"
  else
    say_not_ok "published/$may_hang"
    cat "$log" >&2
  fi
}

test_left_out() { # NAME WHY CARGO TEST...
  local name=$1 why=$2 log=$scratch/left_out.log
  shift 2
  if "$@" --test "${name%%/*}" -- --exact "${name#*/}" >"$log" 2>&1; then
    say_not_ok "published/$name, which is left out, fails"
  elif ! grep -q "^test ${name#*/} \.\.\. FAILED$" "$log"; then
    say_not_ok "published/$name, which is left out, is a test"
    cat "$log" >&2
  elif ! grep -qF "${name#*/}" "$here/README.md"; then
    say_not_ok "published/$name, which is left out, is in the README's list"
  else
    say_skip "published/$name" "$why"
  fi
}
