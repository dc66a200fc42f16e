#include "store/index_memory.h"

#include "platform/pages.h"

namespace simdr::core {
namespace {

class IndexSlabAllocator final : public SlabAllocator {
 public:
  void* allocate(std::size_t size, std::size_t alignment) noexcept override {
    return is_huge(size) ? map_huge_pages(size) : heap_slab_allocator().allocate(size, alignment);
  }
  void release(void* slab, std::size_t size, std::size_t alignment) noexcept override {
    if (is_huge(size)) {
      unmap_huge_pages(slab, size);
    } else {
      heap_slab_allocator().release(slab, size, alignment);
    }
  }
  [[nodiscard]] bool gives_zeros(std::size_t size) const noexcept override { return is_huge(size); }

 private:
  [[nodiscard]] static bool is_huge(std::size_t size) noexcept { return size % kHugePageSize == 0; }
};

constinit IndexSlabAllocator g_allocator;

}  // namespace

SlabAllocator& index_slab_allocator() noexcept { return g_allocator; }

}  // namespace simdr::core
