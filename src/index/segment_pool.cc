#include "index/segment_pool.h"

#include <algorithm>
#include <cassert>
#include <memory>

namespace simdr::core {
namespace {

constexpr std::uint64_t kGrowthDivisor = 8;
constexpr std::size_t kListAlignment = 64;

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

// Half as much where there is not so much, down to the least that serves: late failure beats early failure.
bool SegmentPool::grow(std::uint32_t count) noexcept {
  for (std::uint64_t wanted = segment_count_ / kGrowthDivisor; wanted > count; wanted /= 2) {
    if (add_slab(wanted < kHugePageSegments ? wanted : wanted - wanted % kHugePageSegments)) return true;
  }
  return add_slab(count);
}

std::size_t SegmentPool::list_size(std::uint32_t capacity) noexcept { return capacity * sizeof(Slab); }

// So that one more fits into the list. Each time twice as long, so that no number of slabs is too many.
bool SegmentPool::lengthen_list() noexcept {
  if (slab_count_ < slab_capacity_) return true;
  const std::uint32_t capacity = slab_capacity_ * 2;
  auto* const longer = static_cast<Slab*>(memory_.allocate(list_size(capacity), kListAlignment));
  if (longer == nullptr) return false;
  std::uninitialized_copy_n(slabs_, slab_count_, longer);
  release_list();
  slabs_ = longer;
  slab_capacity_ = capacity;
  return true;
}

void SegmentPool::release_list() noexcept {
  if (slabs_ != first_slabs_.data()) memory_.release(slabs_, list_size(slab_capacity_), kListAlignment);
  slabs_ = first_slabs_.data();
  slab_capacity_ = kFirstSlabs;
}

bool SegmentPool::add_slab(std::uint64_t count) noexcept {
  assert(uncarved_count_ == 0);
  if (count > kOffsetMask / kSegmentSize || !lengthen_list()) return false;
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
  release_list();
  slab_count_ = 0;
  spare_count_ = 0;
  uncarved_ = nullptr;
  uncarved_count_ = 0;
  segment_count_ = 0;
}

}  // namespace simdr::core
