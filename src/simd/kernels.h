// The byte kernels every other room calls: copy, CRC-32, and both in one pass over the source.
//
// CRC-32 here is CRC-32/ISO-HDLC, the checksum of zlib's crc32(): reflected polynomial 0xEDB88320.
// Start with 0 and pass the result back in to continue; any split of the input gives the same value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace simdr::core::simd {

// One constant table per instruction set. Every function accepts size 0 with null pointers, touches no byte outside the
// given ranges, needs no alignment, allocates nothing, and may be called from any number of threads.
struct Kernels {
  // "scalar", "avx2", "vpclmul", "avx512", "neon" or "armcrc"; static storage.
  const char* name;

  // The ranges must not overlap.
  void (*copy)(void* dst, const void* src, std::size_t size) noexcept;

  std::uint32_t (*crc32)(std::uint32_t crc, const void* data, std::size_t size) noexcept;

  // Copies src to dst and returns the checksum of src. The ranges must not overlap.
  std::uint32_t (*copy_crc32)(std::uint32_t crc, void* dst, const void* src, std::size_t size) noexcept;
};

// The table chosen for this process: the one named by the environment variable SIMDR_KERNEL if this CPU can run it,
// otherwise the best one. The choice is made by the first call and never changes; hot callers keep the reference.
const Kernels& kernels() noexcept;

// Null if no such kernel is built into this binary, or if this CPU or its operating system cannot run it. A null name
// finds nothing.
const Kernels* find_kernels(const char* name) noexcept;

// The names built into this binary, best first; not all of them need to run on this CPU.
std::span<const char* const> compiled_kernel_names() noexcept;

}  // namespace simdr::core::simd
