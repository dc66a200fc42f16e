#include "index/segment_pool.h"

#include <algorithm>
#include <cassert>
#include <memory>

namespace simdr::core {
namespace {

constexpr std::uint64_t kGrowthDivisor = 8;

}  // namespace

void* IndexMemory::allocate(std::size_t size, std::size_t alignment) noexcept {
  void* memory = allocator_.allocate(size, alignment);
  if (memory == nullptr) return nullptr;
  if (reinterpret_cast<std::uintptr_t>(memory) + size > kOffsetMask) {
    allocator_.release(memory, size, alignment);
    return nullptr;
  }
  size_.store(size_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
  return memory;
}

void IndexMemory::release(void* memory, std::size_t size, std::size_t alignment) noexcept {
  allocator_.release(memory, size, alignment);
  size_.store(size_.load(std::memory_order_relaxed) - size, std::memory_order_relaxed);
}

bool SegmentPool::prepare(std::uint32_t count) noexcept {
  assert(count <= 2);
  if (spare_count_ + uncarved_count_ >= count) return true;
  // What is left of the newest slab would be forgotten by adding one, so it becomes a spare.
  if (uncarved_count_ == 1) recycle(carve());
  return grow(count - spare_count_);
}

// Falls back to the least that serves: late failure beats early failure.
bool SegmentPool::grow(std::uint32_t count) noexcept {
  std::uint64_t wanted = segment_count_ / kGrowthDivisor;
  if (wanted >= kHugePageSegments) wanted -= wanted % kHugePageSegments;
  if (wanted > count && add_slab(wanted)) return true;
  return add_slab(count);
}

bool SegmentPool::add_slab(std::uint64_t count) noexcept {
  assert(uncarved_count_ == 0);
  if (slab_count_ == kMaxSlabs || count > kOffsetMask / kSegmentSize) return false;
  const std::size_t size = static_cast<std::size_t>(count) * kSegmentSize;
  const std::size_t alignment = size % kHugePageSize == 0 ? kHugePageSize : kSegmentAlignment;
  void* memory = memory_.allocate(size, alignment);
  if (memory == nullptr) return false;
  slabs_[slab_count_++] = {memory, size, alignment};
  uncarved_ = static_cast<Slot*>(memory);
  uncarved_count_ = count;
  uncarved_is_zero_ = memory_.gives_zeros(size);
  segment_count_ += count;
  return true;
}

// The slots begin their life here, one segment at a time: touching a whole slab would be a stall. Zeros are empty slots as they are.
Slot* SegmentPool::carve() noexcept {
  static_assert(kEmptySlot == 0);
  Slot* block = uncarved_;
  if (!uncarved_is_zero_) std::uninitialized_value_construct_n(block, kSegmentSlots);
  uncarved_ += kSegmentSlots;
  --uncarved_count_;
  return block;
}

Slot* SegmentPool::take() noexcept {
  assert(spare_count_ + uncarved_count_ != 0);
  if (spare_count_ == 0) return carve();
  Slot* block = spares_[--spare_count_];
  // Release even for zeros: a late reader that sees one must also see, when it validates, that the block was recycled.
  for (std::uint32_t i = 0; i < kSegmentSlots; ++i) block[i].store(kEmptySlot, std::memory_order_release);
  return block;
}

void SegmentPool::recycle(Slot* block) noexcept {
  assert(spare_count_ < kMaxSpares);
  spares_[spare_count_++] = block;
}

void SegmentPool::clear() noexcept {
  for (std::uint32_t i = 0; i < slab_count_; ++i)
    memory_.release(slabs_[i].memory, slabs_[i].size, slabs_[i].alignment);
  slab_count_ = 0;
  spare_count_ = 0;
  uncarved_ = nullptr;
  uncarved_count_ = 0;
  segment_count_ = 0;
}

}  // namespace simdr::core
