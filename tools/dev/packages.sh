# shellcheck shell=bash
# Debian packages: which are needed for what, and how they get here. Sourced by ./dev.
#
# "package=command" is content with the command, wherever it came from; a bare name must be an installed package.

# shellcheck disable=SC2034  # used by ./dev
build_packages=(build-essential=g++ meson=meson ninja-build=ninja pkg-config=pkg-config python3=python3
  libxxhash-dev libboost-dev libcli11-dev)
# shellcheck disable=SC2034
test_packages=(libgtest-dev zlib1g-dev nlohmann-json3-dev)
# One version, because each formats a little differently.
# shellcheck disable=SC2034
format_package=clang-format-16=clang-format-16
# The first Rust that builds the development-only oracle (tests/oracle), as a number: 1.88.
oracle_rust=1088

is_installed() {
  local package=${1%%=*} command=${1#*=}
  if [ "$command" != "$1" ] && command -v "$command" >/dev/null; then return 0; fi
  dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed
}

# Runs apt-get as whoever may, without questions. Its words are shown only when it fails.
run_apt() {
  local words as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || return 1
    as_root=(sudo)
    [ -t 0 ] || as_root=(sudo -n) # nobody to ask for a password
  fi
  if ! words=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" \
    2>&1 </dev/null); then
    echo "$words" >&2
    return 1
  fi
}

apt_is_updated=
update_apt() {
  [ -z "$apt_is_updated" ] || return 0
  apt_is_updated=yes
  run_apt update || echo "dev: apt-get update failed; trying with the lists that are here" >&2
}

install_packages() {
  update_apt
  echo "dev: installing $*" >&2
  run_apt install --yes --no-install-recommends "$@"
}

# Installs those of the packages that are missing, or ends with what to do by hand.
need_packages() {
  if ! command -v dpkg-query >/dev/null; then return 0; fi # no Debian: Meson will say what it misses
  local wanted missing=()
  for wanted in "$@"; do
    is_installed "$wanted" || missing+=("${wanted%%=*}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ -n "${SIMDR_NO_INSTALL-}" ] || ! install_packages "${missing[@]}"; then
    die "missing packages; as root: apt-get install ${missing[*]}"
  fi
}

rust_version() { # of the rustc behind the cargo in the path, as 1000 * major + minor; 0 when there is none
  local text=
  if command -v cargo >/dev/null; then text=$(rustc --version 2>/dev/null || true); fi
  awk '{ split($2, part, "."); print part[1] * 1000 + part[2] }' <<<"$text"
}

# The oracle is the Rust program that this project's files are compared with. Where no Rust that is new enough can be had, the tests
# that need it are skipped, visibly; so nothing here is an error. Debian's plain cargo is too old; cargo-web follows the
# browsers.
want_rust() {
  [ "$(rust_version)" -ge "$oracle_rust" ] && return 0
  if command -v cargo >/dev/null || ! command -v dpkg-query >/dev/null || [ -n "${SIMDR_NO_INSTALL-}" ]; then return 0; fi
  update_apt
  local offered
  offered=$(apt-cache policy cargo-web 2>/dev/null | awk '$1 == "Candidate:" { split($2, p, "."); print p[1] * 1000 + p[2] }')
  [ "${offered:-0}" -ge "$oracle_rust" ] || return 0
  # Without certificates cargo cannot fetch what the oracle needs.
  install_packages cargo-web ca-certificates || echo "dev: no Rust; the tests that compare with the Rust crate will be skipped" >&2
}
