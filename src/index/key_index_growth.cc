// How the index grows, before a put and never during one: small segments are enlarged, full ones divided, and
// those worn by erased keys rebuilt. Each step is bounded by one segment, except that dividing may double the
// directory (16 bytes per segment). What a batch needs is found out in key_index_reserve.cc.
#include <cassert>

#include "index/key_index.h"
#include "index/segment_fill.h"

namespace simdr::core {
namespace {

// Keys that segments are filled to on average by expect(): four standard deviations below the limit.
constexpr std::uint64_t kExpectedFill = slot_limit_of(kFullGroups) / 16 * 15;
// A rebuild must free a quarter of the limit, so that it is paid for by as many erased keys.
constexpr std::uint32_t kWorthRebuilding = slot_limit_of(kFullGroups) / 4 * 3;

[[nodiscard]] std::uint32_t log2_groups_for(std::uint64_t slots) noexcept {
  std::uint32_t log2_groups = 0;
  while (log2_groups < kFullLog2Groups && slot_limit_of(1u << log2_groups) < slots) ++log2_groups;
  return log2_groups;
}

}  // namespace

bool KeyIndex::reserve(ByteView file, std::uint64_t key_hash) noexcept {
  const std::uint64_t mixed = mix_(key_hash);
  if (!owns_memory() && !create_first(1)) return false;
  for (;;) {
    const DirectoryView view = directory();
    const std::uint64_t index = view.index_of(mixed);
    const Segment segment = view.segment(index);
    prefetch_line(&segment.home_group(mixed).slot(0));
    const std::uint64_t first = view.first_of(index);
    if (view.use(first).used < segment.slot_limit()) return true;
    if (!make_room(HashesInFile(file), first, 1)) return false;
  }
}

bool KeyIndex::create_first(std::uint64_t needed) noexcept {
  if (!segments_.prepare(1)) return false;
  const DirectoryView view = blocks_.create(kMinDepth);
  if (!view.exists()) return false;
  const Segment segment(segments_.take(), log2_groups_for(needed), 0);
  view.publish(0, view.size(), segment, SegmentUse{});
  add_to(&slot_count_, segment.group_count() * kGroupSlots);
  directory_word_.store(view.word(), std::memory_order_release);
  return true;
}

bool KeyIndex::make_room(HashesInFile file, std::uint64_t first, std::uint64_t needed) noexcept {
  const DirectoryView view = directory();
  if (!view.segment(first).is_full_size()) return enlarge(file, first, needed);
  const std::uint32_t live = static_cast<std::uint32_t>(view.use(first).used - view.use(first).worn);
  return live + needed <= kWorthRebuilding ? renew(file, first) : divide(file, first);
}

// Only the first segment of an index is ever small, so its depth is 0.
bool KeyIndex::enlarge(HashesInFile file, std::uint64_t first, std::uint64_t needed) noexcept {
  const Segment old = directory().segment(first);
  const SegmentUse& use = directory().use(first);
  const std::uint64_t slots = static_cast<std::uint64_t>(use.used - use.worn) + needed;
  const std::uint32_t log2_groups = std::max(old.log2_groups() + 1, log2_groups_for(slots));
  const bool is_full_size = log2_groups == kFullLog2Groups;
  if (is_full_size && !segments_.prepare(1)) return false;

  // Another size is another part of the same block, never used so far and all empty.
  Slot* block = is_full_size ? segments_.take() : old.block();
  const Segment larger(block, log2_groups, 0);
  replace_segment(first, larger, rebuild(old, larger, file, mix_));
  add_to(&slot_count_, (larger.group_count() - old.group_count()) * kGroupSlots);
  if (is_full_size) recycle(old);
  return true;
}

// The same keys, and only the overflow bits that they need.
bool KeyIndex::renew(HashesInFile file, std::uint64_t first) noexcept {
  if (!segments_.prepare(1)) return false;
  const Segment old = directory().segment(first);
  const Segment fresh(segments_.take(), kFullLog2Groups, old.depth());
  replace_segment(first, fresh, rebuild(old, fresh, file, mix_));
  recycle(old);
  return true;
}

// What led there leads elsewhere by now. Readers must be told before the memory is filled again.
void KeyIndex::recycle(Segment segment) noexcept {
  add_to(&recycled_count_, 1);
  segments_.recycle(segment.block());
}

void KeyIndex::replace_segment(std::uint64_t first, Segment by, std::uint32_t live) noexcept {
  const DirectoryView view = directory();
  SegmentUse use;
  use.used = static_cast<std::uint16_t>(live);
  view.publish(first, view.span_of(first), by, use);
}

// `first` is an index into the directory as it is now; afterwards the directory may be another.
bool KeyIndex::divide(HashesInFile file, std::uint64_t first) noexcept {
  if (!segments_.prepare(2)) return false;
  DirectoryView view = directory();
  if (view.span_of(first) == 1) {
    view = blocks_.create_doubled(view);
    if (!view.exists()) return false;
    first *= 2;
    directory_word_.store(view.word(), std::memory_order_release);
  }
  const Segment old = view.segment(first);
  const std::uint64_t half = view.span_of(first) / 2;
  const Segment low(segments_.take(), kFullLog2Groups, old.depth() + 1);
  const Segment high(segments_.take(), kFullLog2Groups, old.depth() + 1);
  const RebuiltCounts counts = split(old, low, high, file, mix_);

  // The high half first: a scan that sees any entry of `low` sees all of both (next_offsets).
  SegmentUse use;
  use.used = static_cast<std::uint16_t>(counts.high);
  view.publish(first + half, half, high, use);
  use.used = static_cast<std::uint16_t>(counts.low);
  view.publish(first, half, low, use);
  add_to(&slot_count_, kSegmentSlots);
  recycle(old);
  return true;
}

bool KeyIndex::expect(std::uint64_t key_count) noexcept {
  if (owns_memory()) return true;
  if (key_count <= slot_limit_of(kFullGroups)) return create_first(key_count);
  std::uint32_t depth = 1;
  while (depth <= kMaxDepth && kExpectedFill << depth < key_count) ++depth;
  if (depth > kMaxDepth) return false;
  // The directory first: it is small, so a figure beyond all reason fails before the large request.
  const DirectoryView view = blocks_.create(depth);
  if (!view.exists() || !segments_.add_slab(view.size())) {
    clear();
    return false;
  }
  for (std::uint64_t i = 0; i < view.size(); ++i) {
    view.publish(i, 1, Segment(segments_.take(), kFullLog2Groups, depth), SegmentUse{});
  }
  add_to(&slot_count_, view.size() * kSegmentSlots);
  directory_word_.store(view.word(), std::memory_order_release);
  return true;
}

}  // namespace simdr::core
