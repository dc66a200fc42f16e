# shellcheck shell=bash disable=SC2154  # ./test sources this; here and scratch are its
# The README's example, as a program of somebody who has only read the README. Sourced by ./test.

# block LANGUAGE: the first block of that language in the README.
block() {
  awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } /^```/ { if (inside) exit } inside' "$here/README.md"
}

test_readme_example() {
  local package=$scratch/readme
  mkdir -p "$package/src"
  block rust >"$package/src/main.rs"
  cat >"$package/Cargo.toml" <<END
[package]
name = "example"
version = "0.0.0"
edition = "2024"
[dependencies]
simdr = { path = "$here/simdr" }
[workspace]
END
  rm -f "$package/example.simdr"
  cp "$here/Cargo.lock" "$package/Cargo.lock"
  passes readme/example says_what_the_readme_says "$package"
}

says_what_the_readme_says() { # PACKAGE
  local said
  said=$(cd "$1" && cargo run --quiet --offline) || return 1
  diff <(block text) <(echo "$said")
}
