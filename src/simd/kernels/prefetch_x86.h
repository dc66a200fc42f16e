// What the kernels of 256 and of 512 bits ask for before they need it. Included by kernel files only.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "simd/kernels/lane128_x86.h"

namespace simdr::core::simd {
namespace {

constexpr size_t kCacheLine = 64;

// Asks for a line of the destination to be owned by the time the stores reach it: one part in ten between 64 KiB and 1
// MiB, a third into memory, and nothing lost below. A prefetch never faults, so it may run past the end; in an append-only file
// that is where the next entry goes.
SIMDR_INLINE void prefetch_for_write(const uint8_t* dst) {
  constexpr size_t kAhead = 1024;
  __builtin_prefetch(dst + kAhead, 1);
}

// The processor's own read-ahead ends where a page of 4 KiB does, each time. Large messages come from memory, of which this
// brings in a seventh to a fifth more.
constexpr size_t kReadAhead = 2048;
constexpr size_t kReadAheadFrom = 16384;
template <size_t kSize>
SIMDR_INLINE void prefetch_for_read(const uint8_t* src) {
  for (size_t i = 0; i < kSize; i += kCacheLine) __builtin_prefetch(src + kReadAhead + i);
}

}  // namespace
}  // namespace simdr::core::simd
