// Where the key index of a store gets its memory.
#pragma once

#include "index/slab_allocator.h"

namespace simdr::core {

// Large slabs in huge pages: a lookup touches a random place in them, and with small pages it would mostly wait for two
// misses instead of one. Lives for the whole program.
[[nodiscard]] SlabAllocator& index_slab_allocator() noexcept;

}  // namespace simdr::core
