#!/bin/sh
# The public headers compile alone, without one warning, in every standard they promise, with gcc and with clang. Prints TAP.
# usage: compile_headers.sh INCLUDE_DIRECTORY
here=$(dirname "$0")
include=$1
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
number=0
failed=0

# case COMPILER STANDARD LANGUAGE FILE
compile() {
  number=$((number + 1))
  name="$4 as $2 with $1"
  if ! command -v "$1" >/dev/null 2>&1; then
    echo "ok $number - $name # SKIP no $1 here"
  elif "$1" -x "$3" "-std=$2" $warnings -fsyntax-only -I "$include" "$here/$4" >&2; then
    echo "ok $number - $name"
  else
    echo "not ok $number - $name"
    failed=1
  fi
}

first_of() {
  for candidate in "$@"; do
    command -v "$candidate" >/dev/null 2>&1 && { echo "$candidate"; return; }
  done
  echo "$1"
}
clang=$(first_of clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)

# The oldest that is promised to do, where it is here beside another.
oldest=
if [ "$clang" != clang-14 ] && command -v clang-14 >/dev/null 2>&1 && command -v clang++-14 >/dev/null 2>&1; then oldest=clang-14; fi

echo "1..$([ -n "$oldest" ] && echo 27 || echo 18)"
for compiler in gcc "$clang" $oldest; do
  cxx=$(echo "$compiler" | sed 's/^gcc/g++/; s/^clang/clang++/')
  compile "$compiler" c99 c simdr_h.c
  compile "$compiler" c11 c simdr_h.c
  compile "$compiler" c17 c simdr_h.c
  compile "$cxx" c++17 c++ simdr_h.c
  compile "$cxx" c++20 c++ simdr_h.c
  compile "$compiler" c99 c simdr_api_h.c
  compile "$compiler" c11 c simdr_api_h.c
  compile "$cxx" c++17 c++ simdr_api_h.c
  compile "$cxx" c++20 c++ simdr_hpp.cc
done
exit $failed
