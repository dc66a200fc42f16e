#!/usr/bin/env bash
# Runs a program for arm64 by emulation: what Meson calls before each program that it cross-compiled (tools/dev/arm64.sh).
#
# The emulator keeps a record of every page of address space that is taken, and the library takes a TiB of it: so it is given little, and the
# library makes do with that. Tests of files of 5 GiB and more need more, and take seconds longer to begin. The limit is for the
# emulator itself, should it not heed that.
case ${1##*/} in
  *_large_*) space=32G most=48000000 ;;
  *) space=6G most=16000000 ;;
esac
ulimit -v "$most"
exec qemu-aarch64 -R "$space" -L /usr/aarch64-linux-gnu "$@"
