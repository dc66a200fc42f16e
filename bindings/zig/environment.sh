# shellcheck shell=bash
# For the scripts of this folder: finds or fetches a Zig that will do, and the installed library. Without such a Zig it
# calls the script's skip_all.

: "${SIMDR_PREFIX:?is not set: the folder that the library is installed into}"
: "${SIMDR_SCRATCH:?is not set: a folder for all that is made}"

# The language and its library change with every version, so this is the one that is tested.
zig_version=0.17.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/simdr

# A zig of this version that is in PATH, else that of the PyPI package ziglang, kept in the cache.
if [ "$(zig version 2>/dev/null)" = "$zig_version" ]; then
  zig=zig
else
  zig=$cache/ziglang-$zig_version/ziglang/zig
  if ! [ -x "$zig" ]; then
    [ -z "${SIMDR_NO_INSTALL-}" ] || skip_all "there is no zig $zig_version in PATH, and SIMDR_NO_INSTALL forbids to fetch one"
    mkdir -p "$cache"
    PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --target "$cache/ziglang-$zig_version" "ziglang==$zig_version" >&2 ||
      skip_all "there is no zig $zig_version in PATH, and PyPI gave no ziglang==$zig_version"
  fi
fi
[ "$("$zig" version 2>/dev/null)" = "$zig_version" ] || skip_all "$zig does not run"
command -v pkg-config >/dev/null || skip_all "build.zig needs pkg-config"

pc=$(find "$SIMDR_PREFIX" -name simdr.pc -print -quit)
[ -n "$pc" ] || {
  echo "there is no simdr.pc in $SIMDR_PREFIX" >&2
  exit 1
}
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
LD_LIBRARY_PATH=$(pkg-config --variable=libdir simdr)
export LD_LIBRARY_PATH

package=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# build ARGUMENT...: `zig build` in this package, with nothing written into it.
build() { (cd "$package" && "$zig" build --cache-dir "$cache/zig-cache" "$@"); }
