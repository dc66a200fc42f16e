# shellcheck shell=bash
# What the registry has, out of cargo's cache where it is there, else over the network. Sourced by ./test.

# is_fetched MANIFEST [ARGUMENT...]: whether everything that the package needs is here; gets it if that is possible.
is_fetched() {
  local manifest=$1
  shift
  cargo fetch --quiet --offline --manifest-path "$manifest" "$@" 2>/dev/null ||
    cargo fetch --quiet --manifest-path "$manifest" "$@" >&2
}

# published_source CRATE VERSION: the folder of the crate in cargo's cache.
published_source() {
  local folder=$scratch/fetch-$1
  mkdir -p "$folder/src"
  : >"$folder/src/lib.rs"
  cat >"$folder/Cargo.toml" <<END
[package]
name = "fetch"
version = "0.0.0"
edition = "2024"
[dependencies]
$1 = "=$2"
[workspace]
END
  is_fetched "$folder/Cargo.toml" || return 1
  cargo metadata --quiet --offline --format-version 1 --manifest-path "$folder/Cargo.toml" |
    grep -o "\"manifest_path\":\"[^\"]*/$1-$2/Cargo.toml\"" | cut -d'"' -f4 | xargs -r dirname
}
