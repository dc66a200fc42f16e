// A key's identity: XXH3-64 of its bytes, no seed, default secret. The key itself is not stored.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace simdr::core {

[[nodiscard]] std::uint64_t key_hash(ByteView key) noexcept;

// hash(namespace) then hash(key), 8 little-endian bytes each: a key of 16 bytes that no other namespace shares.
using NamespacedKey = std::array<std::byte, 16>;
[[nodiscard]] NamespacedKey namespaced_key(std::uint64_t namespace_hash, ByteView key) noexcept;

}  // namespace simdr::core
