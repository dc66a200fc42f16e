// Spans of bytes: the one way this library passes memory it does not own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace simdr::core {

using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(const void* data, std::size_t size) noexcept {
  return {static_cast<const std::byte*>(data), size};
}

}  // namespace simdr::core
