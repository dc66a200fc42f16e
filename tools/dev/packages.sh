# shellcheck shell=bash
# Debian packages: which are needed for what, and how they get here. Sourced by ./dev.
#
# "package=command" is content with the command, wherever it came from; a bare name must be an installed package.

# shellcheck disable=SC2034  # used by ./dev
build_packages=(build-essential=g++ meson=meson ninja-build=ninja pkg-config=pkg-config python3=python3
  libxxhash-dev libboost-dev libcli11-dev)
# shellcheck disable=SC2034
test_packages=(libgtest-dev zlib1g-dev nlohmann-json3-dev)
# What some tests want and others do without: where one cannot be had, its tests are skipped, visibly. First Go's, Python's and the packaging's,
# then what looks at the ABI and at manual pages.
# shellcheck disable=SC2034
wanted_packages=(ca-certificates cmake=cmake abigail-tools=abidiff mandoc=mandoc python3-venv python3-pip python3-dev)
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

# The version that apt offers of a package, or nothing.
offered_version() { apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'; }

may_install() { command -v dpkg-query >/dev/null && [ -z "${SIMDR_NO_INSTALL-}" ]; }

# Installs those of the packages that are missing and can be had. Never an error.
want_packages() {
  may_install || return 0
  local wanted missing=() offered=()
  for wanted in "$@"; do
    is_installed "$wanted" || missing+=("${wanted%%=*}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  update_apt
  for wanted in "${missing[@]}"; do
    if [ -n "$(offered_version "$wanted")" ]; then offered+=("$wanted"); fi
  done
  if [ ${#offered[@]} -gt 0 ] && ! install_packages "${offered[@]}"; then
    echo "dev: not installed: ${offered[*]}; tests that want them will be skipped" >&2
  fi
}

# The first Go that builds bindings/go, as a number: 1.24.
binding_go=1024

go_version() { # of the go in the path, as 1000 * major + minor; 0 when there is none
  local text=
  if command -v go >/dev/null; then text=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null || true); fi
  awk '{ sub(/^go/, ""); split($0, part, "."); print part[1] * 1000 + part[2] }' <<<"${text:-0}"
}

# Debian names a version's package golang-1.24-go and puts it in a folder of its own.
use_debians_go() {
  local folder
  folder=$(find /usr/lib -maxdepth 1 -name 'go-1.*' 2>/dev/null | sort -V | tail -n 1)
  if [ -n "$folder" ]; then export PATH=$folder/bin:$PATH; fi
}

want_go() {
  [ "$(go_version)" -ge "$binding_go" ] || use_debians_go
  [ "$(go_version)" -ge "$binding_go" ] && return 0
  may_install || return 0
  update_apt
  local package
  for package in $(apt-cache pkgnames golang-1. | grep -E '^golang-1\.[0-9]+-go$' | sort -rV); do
    if [ "$(sed 's/^golang-1\.\([0-9]*\)-go$/\1/' <<<"$package")" -ge $((binding_go % 1000)) ]; then
      want_packages "$package"
      use_debians_go
      return 0
    fi
  done
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
  if command -v cargo >/dev/null || ! may_install; then return 0; fi
  update_apt
  local offered
  offered=$(offered_version cargo-web | awk '{ split($1, p, "."); print p[1] * 1000 + p[2] }')
  [ "${offered:-0}" -ge "$oracle_rust" ] || return 0
  # Without certificates cargo cannot fetch what the oracle needs.
  install_packages cargo-web ca-certificates || echo "dev: no Rust; the tests that compare with the Rust crate will be skipped" >&2
}
