#!/bin/sh
# Builds libsimdr with Meson for build.zig, and installs it.
#
# usage: build_library.sh SOURCE_TREE CACHE_DIRECTORY INSTALL_DIRECTORY DEPENDENCY_FILE
set -eu
tree=$(cd "$1" && pwd)
# Kept, so that a change in the tree compiles only what it touches; one for each tree.
build=$2/meson-$(echo "$tree" | cksum | cut -d ' ' -f 1)
installed=$(cd "$3" && pwd)

{
  printf 'simdr:'
  find "$tree/meson.build" "$tree/meson_options.txt" "$tree/src" "$tree/include" "$tree/pkgconfig" -type f |
    sed 's/ /\\ /g; s/^/ /' | tr -d '\n'
  echo
} >"$4"
mkdir -p "$build"
{
  [ -f "$build/build.ninja" ] ||
    meson setup "$build" "$tree" --prefix / --libdir lib -Dbuildtype=release -Dtests=disabled -Dtools=disabled
  meson install -C "$build" --destdir "$installed"
} >"$build/log" 2>&1 || {
  cat "$build/log" >&2
  exit 1
}
