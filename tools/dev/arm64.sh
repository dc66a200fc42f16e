# shellcheck shell=bash disable=SC2034,SC2154  # ./dev sources this beside packages.sh
# Building for arm64 on another machine, and running that by emulation. Sourced by ./dev, whose root it uses.

arm64_packages=(g++-aarch64-linux-gnu=aarch64-linux-gnu-g++ qemu-user=qemu-aarch64)
# What the library and its tests include and link, from Debian's arm64. Unpacked beside the build and not installed: a machine that
# takes packages of two architectures must have the same version of each in both, which one that lags behind has not.
arm64_libraries=(libxxhash-dev libboost-dev libgtest-dev zlib1g-dev nlohmann-json3-dev)
arm64_root=$root/build/arm64-root
arm64_cross_file=$arm64_root/cross.ini

apt_of_arm64() { # TOOL ARGUMENT...: apt with lists and a cache of its own
  local tool=$1 state=$arm64_root/apt
  shift
  "$tool" -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= -o "Dir::State=$state" \
    -o "Dir::State::status=$state/status" -o "Dir::Cache=$state" -o Debug::NoLocking=1 "$@" </dev/null
}

fetch_arm64_libraries() {
  local state=$arm64_root/apt package names=()
  rm -rf "$arm64_root"
  mkdir -p "$state/lists/partial" "$state/archives/partial" "$arm64_root/usr"
  : >"$state/status"
  apt_of_arm64 apt-get update || true # sources that know no arm64 are not in the way
  for package in "${arm64_libraries[@]}"; do
    names+=("$package")
    # Boost's headers are in a package that is named after their version.
    [ "$package" != libboost-dev ] ||
      names+=("$(apt_of_arm64 apt-cache depends libboost-dev | awk '$1 == "Depends:" && $2 ~ /^libboost[0-9.]+-dev$/ { print $2 }')")
  done
  (cd "$state/archives" && apt_of_arm64 apt-get download "${names[@]}") || return 1
  for package in "$state"/archives/*.deb; do dpkg-deb -x "$package" "$arm64_root"; done
  # Links to libraries that are not here; the static ones are.
  find "$arm64_root/usr/lib" -xtype l -delete
}

write_arm64_cross_file() {
  local include="'-idirafter', '$arm64_root/usr/include'" link="'-L$arm64_root/usr/lib/aarch64-linux-gnu'"
  cat >"$arm64_cross_file" <<END
# Written by tools/dev/arm64.sh.
[binaries]
c = 'aarch64-linux-gnu-gcc'
cpp = 'aarch64-linux-gnu-g++'
ar = 'aarch64-linux-gnu-ar'
strip = 'aarch64-linux-gnu-strip'
nm = 'aarch64-linux-gnu-nm'
objdump = 'aarch64-linux-gnu-objdump'
pkgconfig = 'pkg-config'
exe_wrapper = ['$root/tools/dev/run_arm64.sh']

[built-in options]
c_args = [$include]
cpp_args = [$include]
c_link_args = [$link]
cpp_link_args = [$link]

[properties]
needs_exe_wrapper = true
boost_root = '$arm64_root/usr'
pkg_config_libdir = ['$arm64_root/usr/lib/aarch64-linux-gnu/pkgconfig', '$arm64_root/usr/share/pkgconfig']

[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
END
}

has_arm64() { command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null && [ -f "$arm64_cross_file" ]; }

# Makes $arm64_cross_file, unless it is there, when the tools are there or can be had. Never an error.
want_arm64() {
  [ "$(uname -m)" != aarch64 ] || return 0 # nothing to cross
  want_packages "${arm64_packages[@]}"
  has_arm64 && return 0
  may_install || return 0
  if fetch_arm64_libraries; then write_arm64_cross_file; else echo "dev: no arm64 libraries; the tests for arm64 will be skipped" >&2; fi
}
