// How many processors there are to run on.
#pragma once

#include <cstddef>

namespace simdr::core {

// Those that the calling thread may run on now, at least 1.
[[nodiscard]] std::size_t usable_processor_count() noexcept;

}  // namespace simdr::core
