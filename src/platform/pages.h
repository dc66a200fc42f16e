// Memory straight from the system, in huge pages where it has them.
#pragma once

#include <cstddef>

namespace simdr::core {

inline constexpr std::size_t kHugePageSize = std::size_t{2} << 20;

// Zeroed memory on a multiple of kHugePageSize; nullptr when there is none. `size` is a multiple of it.
[[nodiscard]] void* map_huge_pages(std::size_t size) noexcept;
void unmap_huge_pages(void* pages, std::size_t size) noexcept;

}  // namespace simdr::core
