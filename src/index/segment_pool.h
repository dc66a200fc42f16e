// Memory for segments: carved from slabs that live as long as the pool, so a segment's memory stays a segment,
// and a late reader of a retired one reads slots of some other key range, never foreign bytes. Writer only,
// except size().
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "index/segment.h"
#include "index/slab_allocator.h"

namespace simdr::core {

// The allocator, with a count of what was taken. An address that does not fit a directory entry counts as none.
class IndexMemory {
 public:
  explicit IndexMemory(SlabAllocator& allocator) noexcept : allocator_(allocator) {}
  IndexMemory(const IndexMemory&) = delete;
  IndexMemory& operator=(const IndexMemory&) = delete;

  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment) noexcept;
  void release(void* memory, std::size_t size, std::size_t alignment) noexcept;
  [[nodiscard]] bool gives_zeros(std::size_t size) const noexcept { return allocator_.gives_zeros(size); }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  SlabAllocator& allocator_;
  std::atomic<std::uint64_t> size_{0};
};

// A slab whose size is a multiple of a huge page's is in huge pages.
inline constexpr std::size_t kHugePageSize = std::size_t{2} << 20;
inline constexpr std::uint64_t kHugePageSegments = kHugePageSize / kSegmentSize;

class SegmentPool {
 public:
  explicit SegmentPool(IndexMemory& memory) noexcept : memory_(memory) {}
  ~SegmentPool() { clear(); }
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // Makes sure that the next `count` calls of take() succeed. False: no memory, nothing changed for the caller.
  [[nodiscard]] bool prepare(std::uint32_t count) noexcept;
  // A block of kSegmentSize with all slots empty.
  [[nodiscard]] Slot* take() noexcept;
  // No directory entry leads to `block` any more; readers that are under way may.
  void recycle(Slot* block) noexcept;
  // Room for `count` segments in one slab, for an index whose size is known beforehand.
  [[nodiscard]] bool add_slab(std::uint64_t count) noexcept;
  // Gives all memory back. There are no readers.
  void clear() noexcept;

 private:
  struct Slab {
    void* memory;
    std::size_t size;
    std::size_t alignment;
  };

  // Each slab is an eighth of what is there, so that as many hold more than any machine has, unless memory was short.
  static constexpr std::uint32_t kFirstSlabs = 192;
  // A split takes two and retires one, so more than two spares never gather.
  static constexpr std::uint32_t kMaxSpares = 3;

  [[nodiscard]] Slot* carve() noexcept;
  [[nodiscard]] bool grow(std::uint32_t count) noexcept;
  [[nodiscard]] bool lengthen_list() noexcept;
  void release_list() noexcept;
  [[nodiscard]] static std::size_t list_size(std::uint32_t capacity) noexcept;

  IndexMemory& memory_;
  Slot* uncarved_ = nullptr;  // the rest of the newest slab
  std::uint64_t uncarved_count_ = 0;
  bool uncarved_is_zero_ = false;
  std::uint64_t segment_count_ = 0;  // in all slabs
  std::array<Slot*, kMaxSpares> spares_{};
  std::uint32_t spare_count_ = 0;
  std::uint32_t slab_count_ = 0;
  std::uint32_t slab_capacity_ = kFirstSlabs;
  std::array<Slab, kFirstSlabs> first_slabs_{};
  Slab* slabs_ = first_slabs_.data();
};

}  // namespace simdr::core
