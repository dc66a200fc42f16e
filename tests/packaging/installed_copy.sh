#!/usr/bin/env bash
# Builds the library alone, optimised and with the compiler of $CC and $CXX, and installs it: what a user has, and what the
# bindings are tested and measured with. Again only when something changed. Prints nothing on stdout.
# usage: installed_copy.sh FOLDER [PREFIX]      PREFIX: FOLDER/prefix
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$1
prefix=${2-$folder/prefix}
mkdir -p "$folder"
exec 9>"$folder/lock" >&2
flock 9 # tests run at the same time

build=$folder/build
options=(-Dtests=disabled -Dtools=disabled -Dbuildtype=release "-Dprefix=$prefix")
made_with="${CC-} ${CXX-} $(meson --version)"
if [ -f "$build/build.ninja" ] && [ "$(cat "$folder/made-with.txt" 2>/dev/null)" = "$made_with" ]; then
  # Another prefix changes what is installed, and nothing that is compiled.
  [ "$(cat "$folder/prefix.txt")" = "$prefix" ] || meson configure "$build" "-Dprefix=$prefix"
else
  rm -rf "$build"
  meson setup "$build" "$source" "${options[@]}"
  echo "$made_with" >"$folder/made-with.txt"
fi
echo "$prefix" >"$folder/prefix.txt"
nice ninja -C "$build" ${JOBS:+-j "$JOBS"}
meson install -C "$build" --no-rebuild --only-changed
