// Words for a file that is not a store.
#pragma once

#include "base/bytes.h"
#include "base/status.h"

namespace simdr::core {

// kNotAStore, saying what `file` looks like instead. Decides nothing: the caller found no chain in it.
[[nodiscard]] Error not_a_store(ByteView file) noexcept;

}  // namespace simdr::core
