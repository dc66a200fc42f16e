# shellcheck shell=bash
# For the scripts of this folder: finds a Go that will do and the installed library. Without such a Go it calls the
# script's skip_all.

: "${SIMDR_PREFIX:?is not set: the folder that the library is installed into}"
: "${SIMDR_SCRATCH:?is not set: a folder for all that is made}"

# The toolchain that is here, and no network: the module needs nothing but the standard library.
export GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-buildvcs=false CGO_ENABLED=1

# is_enough GO: whether it is of version 1.24 or later.
is_enough() {
  local minor
  minor=$("$1" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ "${minor:-0}" -ge 24 ]
}

found=
for candidate in $(type -aP go) /usr/local/go/bin/go; do
  if is_enough "$candidate"; then
    found=$candidate
    break
  fi
done
[ -n "$found" ] || skip_all "there is no go of version 1.24 or later in PATH or in /usr/local/go/bin"
PATH=$(dirname "$found"):$PATH
command -v pkg-config >/dev/null || skip_all "cgo needs pkg-config"
command -v "${CC:-cc}" >/dev/null || skip_all "cgo needs a C compiler"

pc=$(find "$SIMDR_PREFIX" -name simdr.pc -print -quit)
[ -n "$pc" ] || {
  echo "there is no simdr.pc in $SIMDR_PREFIX" >&2
  exit 1
}
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
LD_LIBRARY_PATH=$(pkg-config --variable=libdir simdr)
export LD_LIBRARY_PATH
