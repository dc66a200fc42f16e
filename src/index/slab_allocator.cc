#include "index/slab_allocator.h"

#include <new>

namespace simdr::core {
namespace {

class HeapSlabAllocator final : public SlabAllocator {
 public:
  void* allocate(std::size_t size, std::size_t alignment) noexcept override {
    return ::operator new(size, std::align_val_t{alignment}, std::nothrow);
  }
  void release(void* slab, std::size_t, std::size_t alignment) noexcept override {
    ::operator delete(slab, std::align_val_t{alignment});
  }
};

}  // namespace

SlabAllocator& heap_slab_allocator() noexcept {
  static HeapSlabAllocator allocator;
  return allocator;
}

}  // namespace simdr::core
