// Plain reads and writes on a descriptor that belongs to the caller: a file, a pipe, a socket.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/status.h"

namespace simdr::core {

// Bytes read, 0 at the end. Waits where the descriptor does.
Result<std::size_t> read_descriptor(int descriptor, void* to, std::size_t capacity);
Result<void> write_descriptor(int descriptor, ByteView bytes);

}  // namespace simdr::core
