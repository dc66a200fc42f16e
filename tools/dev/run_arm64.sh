#!/usr/bin/env bash
# Runs a program for arm64 by emulation: what Meson calls before each program that it cross-compiled (tools/dev/arm64.sh).
#
# The emulator keeps a record of every page of address space that is taken, and the library takes a TiB of it: so it is given little, and the
# library makes do with that. The limit is for the emulator itself, should it not heed that.
ulimit -v 16000000
exec qemu-aarch64 -R 6G -L /usr/aarch64-linux-gnu "$@"
