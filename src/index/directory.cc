#include "index/directory.h"

#include <cassert>
#include <memory>

namespace simdr::core {
namespace {

constexpr std::size_t kAlignment = 64;  // the low six bits of the word hold the depth

[[nodiscard]] constexpr std::size_t block_size(std::uint32_t depth) noexcept {
  const std::uint64_t bytes = (sizeof(DirectoryEntry) + sizeof(SegmentUse)) << depth;
  return static_cast<std::size_t>(align_up(bytes, kAlignment));
}

}  // namespace

void DirectoryView::publish(std::uint64_t first, std::uint64_t span, Segment segment, SegmentUse known) const noexcept {
  for (std::uint64_t i = first + span; i-- > first;) {
    known.pending = use(i).pending;
    use(i) = known;
    // Release: a reader that sees the entry sees the slots its segment was filled with.
    entry(i).store(segment.entry(), std::memory_order_release);
  }
}

EmptyDirectory::EmptyDirectory() noexcept {
  const DirectoryView view = this->view();
  auto* const words = reinterpret_cast<Slot*>(memory_);
  std::uninitialized_value_construct_n(words + kGroupSlots, kGroupSlots);
  std::uninitialized_value_construct_n(&view.entry(0), view.size());
  std::uninitialized_value_construct_n(&view.use(0), view.size());
  SegmentUse full;
  full.used = kSegmentSlots;
  view.publish(0, view.size(), Segment(words, 0, 0), full);
}

DirectoryView Directory::create(std::uint32_t depth) noexcept {
  assert(depth >= kMinDepth);
  if (depth > kMaxDepth) return DirectoryView(0);
  assert(blocks_[depth] == nullptr);
  void* block = memory_.allocate(block_size(depth), kAlignment);
  if (block == nullptr) return DirectoryView(0);
  blocks_[depth] = block;
  const DirectoryView view(block, depth);
  std::uninitialized_value_construct_n(&view.entry(0), view.size());
  std::uninitialized_value_construct_n(&view.use(0), view.size());
  return view;
}

DirectoryView Directory::create_doubled(DirectoryView current) noexcept {
  const DirectoryView doubled = create(current.depth() + 1);
  if (!doubled.exists()) return doubled;
  for (std::uint64_t i = 0; i < current.size(); ++i) doubled.publish(2 * i, 2, current.segment(i), current.use(i));
  return doubled;
}

void Directory::clear() noexcept {
  for (std::uint32_t depth = 0; depth <= kMaxDepth; ++depth) {
    if (blocks_[depth] != nullptr) memory_.release(blocks_[depth], block_size(depth), kAlignment);
    blocks_[depth] = nullptr;
  }
}

}  // namespace simdr::core
