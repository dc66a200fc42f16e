// key_hash() of a short key in line, for functions that are to make no call.
#pragma once

// Inlined, so that a short key costs no call through the PLT and libsimdr.so needs no libxxhash.so at run time.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace simdr::core {

inline constexpr std::size_t kMaxShortKeySize = 16;  // up to here XXH3 is a few instructions

// Of at most kMaxShortKeySize bytes.
[[nodiscard, gnu::always_inline]] inline std::uint64_t short_key_hash(ByteView key) noexcept {
  if (key.size() > kMaxShortKeySize) __builtin_unreachable();
  return XXH3_64bits(key.data(), key.size());
}

}  // namespace simdr::core
