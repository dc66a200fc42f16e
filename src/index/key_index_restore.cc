// An index that was kept, made anew. It is taken to be right where only its owner could be hurt, and checked where memory could be.
#include <algorithm>
#include <bit>
#include <optional>

#include "base/checked.h"
#include "index/key_index.h"

namespace simdr::core {
namespace {

// How much deeper than an even division a directory may be. Mixed hashes are as good as random, so that no keys make it even half of that;
// and a directory is as large as its depth says, whoever made that up.
constexpr std::uint32_t kMostUnevenness = 8;

// The depth of the directory, or more than kMaxDepth when these are not the segments of one.
[[nodiscard]] std::uint32_t directory_depth(std::span<const SegmentShape> shapes) noexcept {
  constexpr std::uint32_t kNone = kMaxDepth + 1;
  std::uint32_t depth = kMinDepth;
  for (const SegmentShape& shape : shapes) {
    const bool is_first_and_only = shapes.size() == 1 && shape.depth == 0;
    if (shape.log2_groups > kFullLog2Groups || (shape.log2_groups < kFullLog2Groups && !is_first_and_only))
      return kNone;
    depth = std::max<std::uint32_t>(depth, shape.depth);
  }
  if (shapes.empty() || depth > kMaxDepth) return kNone;
  return depth < static_cast<std::uint32_t>(std::bit_width(shapes.size())) + kMostUnevenness ? depth : kNone;
}

struct SlotCounts {
  std::uint64_t vacant = 0;
  std::uint64_t outside = 0;  // whose offset is not that of an entry, as that of a vacant one is not
};

// Copies them, too. Readers see them by the release of what leads to their segment.
[[nodiscard]] SlotCounts take_over(const std::uint64_t* kept, Slot* slots, std::size_t count,
                                   std::uint64_t end) noexcept {
  SlotCounts counts;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t slot = kept[i];
    counts.vacant += (slot & ~kOverflow) == 0 ? 1 : 0;
    counts.outside += (slot & kOffsetMask) - 1 >= end - 1 ? 1 : 0;
    slots[i].store(slot, std::memory_order_relaxed);
  }
  return counts;
}

}  // namespace

// Calls segment_at(i) for the place of each of `shapes`; it returns the Segment, and its SegmentUse in *use, or nothing.
template <typename SegmentAt>
bool KeyIndex::fill_directory(std::span<const SegmentShape> shapes, SegmentAt segment_at) noexcept {
  const DirectoryView view = blocks_.create(directory_depth(shapes));
  if (!view.exists()) return false;
  std::uint64_t first = 0;
  std::uint64_t slot_count = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::uint64_t span = std::uint64_t{1} << (view.depth() - shapes[i].depth);
    if (first % span != 0 || first + span > view.size()) return false;
    SegmentUse use;
    const std::optional<Segment> segment = segment_at(i, &use);
    if (!segment) return false;
    view.publish(first, span, *segment, use);
    first += span;
    slot_count += shapes[i].slot_count();
  }
  if (first != view.size()) return false;
  add_to(&slot_count_, slot_count);
  directory_word_.store(view.word(), std::memory_order_release);
  return true;
}

bool KeyIndex::restore(std::span<const SegmentShape> shapes, std::uint64_t end, SlotSource& source) noexcept {
  if (owns_memory() || directory_depth(shapes) > kMaxDepth || end == 0) return false;
  std::uint64_t slab = shapes.size();
  if (slab >= kHugePageSegments) slab = align_up(slab, kHugePageSegments);  // what is too much serves growth
  if (!segments_.add_slab(slab)) return false;
  std::uint64_t keys = 0;
  const bool filled = fill_directory(shapes, [&](std::size_t i, SegmentUse* use) -> std::optional<Segment> {
    const std::size_t count = shapes[i].slot_count();
    const std::uint64_t* const kept = source.next(count);
    if (kept == nullptr) return std::nullopt;
    const Segment segment(segments_.take(), shapes[i].log2_groups, shapes[i].depth);
    const SlotCounts counts = take_over(kept, segment.slots(), count, end);
    const std::uint64_t live = count - counts.vacant;
    const std::uint64_t used = live + shapes[i].worn;
    if (counts.outside != counts.vacant || used > segment.slot_limit()) return std::nullopt;
    use->used = static_cast<std::uint16_t>(used);
    use->worn = shapes[i].worn;
    keys += live;
    return segment;
  });
  if (!filled) {
    clear();
    return false;
  }
  add_to(&count_, keys);
  return true;
}

bool KeyIndex::refer_to(std::span<const SegmentShape> shapes, std::uint64_t key_count, ByteView slots) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(slots.data());
  if (owns_memory() || directory_depth(shapes) > kMaxDepth || shapes[0].log2_groups != kFullLog2Groups ||
      slots.size() / kSegmentSize < shapes.size() || address % kSegmentAlignment != 0 ||
      address + slots.size() > kOffsetMask) {
    return false;
  }
  // Slots are loaded by readers only, so memory that cannot be written is good enough.
  Slot* const first = const_cast<Slot*>(reinterpret_cast<const Slot*>(slots.data()));
  const bool filled = fill_directory(shapes, [&](std::size_t i, SegmentUse*) -> std::optional<Segment> {
    return Segment(first + i * kSegmentSlots, kFullLog2Groups, shapes[i].depth);
  });
  if (!filled) {
    clear();
    return false;
  }
  add_to(&count_, key_count);
  return true;
}

}  // namespace simdr::core
