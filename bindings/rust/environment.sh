# shellcheck shell=bash
# For the scripts of this folder: finds a Rust that will do and the installed library. Sourced by them, after they have defined
# skip_all WHY, which does not return.

: "${SIMDR_PREFIX:?is not set: the folder that the library is installed into}"
: "${SIMDR_SCRATCH:?is not set: a folder for all that is made}"

# rust-version of Cargo.toml, as 1000 * major + minor.
least_rust=1085

command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-${HOME-}/.cargo}/bin
command -v cargo >/dev/null || skip_all "cargo is not in PATH, and not in ~/.cargo/bin"
rust_version() { rustc --version | awk '{ split($2, part, "."); print part[1] * 1000 + part[2] }'; }
rustc --version >/dev/null 2>&1 || skip_all "rustc does not run"
[ "$(rust_version)" -ge "$least_rust" ] || skip_all "it takes 1.85 or later, and this is $(rustc --version)"
command -v pkg-config >/dev/null || skip_all "simdr-sys needs pkg-config"
command -v "${CC:-cc}" >/dev/null || skip_all "rustc links by a C compiler, and there is none"

pc=$(find "$SIMDR_PREFIX" -name simdr.pc -print -quit)
[ -n "$pc" ] || {
  echo "there is no simdr.pc in $SIMDR_PREFIX" >&2
  exit 1
}
PKG_CONFIG_PATH=$(dirname "$pc")
LD_LIBRARY_PATH=$(PKG_CONFIG_PATH=$PKG_CONFIG_PATH pkg-config --variable=libdir simdr)
scratch=$SIMDR_SCRATCH/rust
mkdir -p "$scratch"
export PKG_CONFIG_PATH LD_LIBRARY_PATH CARGO_TARGET_DIR=$scratch/target
