// Where the index takes its memory from. Slabs are few and large (one eighth of what is there already), so a
// virtual call per slab costs nothing, and the caller decides about huge pages: this room knows no OS.
#pragma once

#include <cstddef>

namespace simdr::core {

// Called by the writer only (and by the destructor). Must outlive the index.
class SlabAllocator {
 public:
  // `alignment` is a power of two, `size` a multiple of it; from 2 MiB on both are multiples of 2 MiB, so the
  // memory may be backed by huge pages. Null when there is none. The bytes need not be zero: see gives_zeros().
  [[nodiscard]] virtual void* allocate(std::size_t size, std::size_t alignment) noexcept = 0;
  virtual void release(void* slab, std::size_t size, std::size_t alignment) noexcept = 0;
  // Whether allocate() of so many bytes gives zeros, which then are not written a second time.
  [[nodiscard]] virtual bool gives_zeros(std::size_t size) const noexcept {
    static_cast<void>(size);
    return false;
  }

 protected:
  ~SlabAllocator() = default;
};

// Aligned operator new, which never throws here. Lives for the whole program.
[[nodiscard]] SlabAllocator& heap_slab_allocator() noexcept;

}  // namespace simdr::core
