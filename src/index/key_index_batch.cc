// Many keys at once. A lookup alone waits for three lines, one after the other: directory entry, group, trailer.
// Here each of the three is asked for by a whole block of keys before the first of them is used.
#include <algorithm>
#include <array>
#include <cassert>

#include "index/key_index.h"

namespace simdr::core {
namespace {

// More than a core has outstanding misses, less than what would leave the first cache before it is used.
constexpr std::size_t kBlock = 32;

struct Lane {
  std::uint64_t mixed;
  const DirectoryEntry* entry;
  std::uint64_t entry_word;
  std::uint64_t candidate;  // a slot with the right tag in the home group, or kEmptySlot
  bool seems_absent;  // the home group has no such slot, and an empty one
};

}  // namespace

void KeyIndex::find_many(ByteView file, const std::uint64_t* key_hashes, std::size_t count,
                         std::uint64_t* out_offsets) const noexcept {
  for (std::size_t i = 0; i < count; i += kBlock) {
    find_block(file, key_hashes + i, std::min(kBlock, count - i), out_offsets + i);
  }
}

// What the home group alone cannot answer goes through find(), as does a miss that fails its validation.
void KeyIndex::find_block(ByteView file, const std::uint64_t* key_hashes, std::size_t count,
                          std::uint64_t* out_offsets) const noexcept {
  const HashesInFile hashes(file);
  const DirectoryView directory = readers_directory();
  if (!directory.exists()) {
    std::fill_n(out_offsets, count, kAbsent);
    return;
  }
  std::array<Lane, kBlock> lanes;
  for (std::size_t i = 0; i < count; ++i) {
    lanes[i].mixed = mix_(key_hashes[i]);
    lanes[i].entry = &directory.entry(directory.index_of(lanes[i].mixed));
    prefetch_line(lanes[i].entry);
  }
  for (std::size_t i = 0; i < count; ++i) {
    lanes[i].entry_word = lanes[i].entry->load(std::memory_order_acquire);
    const Segment segment(lanes[i].entry_word);
    prefetch_line(&segment.home_group(lanes[i].mixed).slot(0));
  }
  for (std::size_t i = 0; i < count; ++i) {
    Lane& lane = lanes[i];
    const Segment segment(lane.entry_word);
    const Group home = segment.home_group(lane.mixed);
    const auto [tagged, empty] = home.readers_masks(segment.tag(lane.mixed));
    lane.candidate = tagged == 0 ? kEmptySlot : home.first_of(tagged).load(std::memory_order_acquire);
    lane.seems_absent = tagged == 0 && empty != 0;
    hashes.prefetch_line_before(lane.candidate);
    hashes.prefetch(lane.candidate);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Lane& lane = lanes[i];
    if (hashes.confirms(lane.candidate, key_hashes[i])) [[likely]] {
      out_offsets[i] = lane.candidate & kOffsetMask;
      continue;
    }
    const bool is_absent = lane.seems_absent && lane.entry->load(std::memory_order_acquire) == lane.entry_word &&
                           readers_directory().word() == directory.word();
    out_offsets[i] = is_absent ? kAbsent : find(file, key_hashes[i]);
  }
}

void KeyIndex::holds_many(const std::uint64_t* key_hashes, const std::uint64_t* offsets, std::size_t count,
                          bool* out_holds) const noexcept {
  const DirectoryView view = directory();
  if (!view.exists()) {
    std::fill_n(out_holds, count, false);
    return;
  }
  std::array<std::uint64_t, kBlock> mixed;
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t size = std::min(kBlock, count - begin);
    for (std::size_t i = 0; i < size; ++i) {
      mixed[i] = mix_(key_hashes[begin + i]);
      const Segment segment = view.segment(view.index_of(mixed[i]));
      prefetch_line(&segment.group(segment.home(mixed[i])).slot(0));
    }
    for (std::size_t i = 0; i < size; ++i) {
      out_holds[begin + i] = view.segment(view.index_of(mixed[i])).holds(mixed[i], offsets[begin + i]);
    }
  }
}

// The trailer of what seems to be the key's present slot, if there is one.
void KeyIndex::prefetch_match(HashesInFile file, std::uint64_t mixed) const noexcept {
  const DirectoryView view = directory();
  const Segment segment = view.segment(view.index_of(mixed));
  const Group home = segment.group(segment.home(mixed));
  const std::uint32_t tagged = home.writers_masks(segment.tag(mixed)).with_tag;
  if (tagged != 0) file.prefetch(home.first_of(tagged).load(std::memory_order_relaxed));
}

void KeyIndex::put_many(ByteView file, const std::uint64_t* key_hashes, const std::uint64_t* trailer_offsets,
                        std::size_t count, std::uint64_t* out_previous) noexcept {
  const HashesInFile hashes(file);
  std::array<std::uint64_t, 2 * kBlock> mixed;  // of this block and the next, whose lines are on their way
  const auto ask_for = [&](std::size_t begin) {
    const DirectoryView view = directory();
    for (std::size_t i = begin; i < std::min(count, begin + kBlock); ++i) {
      const std::uint64_t hash = mixed[i % (2 * kBlock)] = mix_(key_hashes[i]);
      const Segment segment = view.segment(view.index_of(hash));
      prefetch_line(&segment.group(segment.home(hash)).slot(0));
    }
  };
  ask_for(0);
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t end = std::min(count, begin + kBlock);
    ask_for(begin + kBlock);
    for (std::size_t i = begin; i < end; ++i) prefetch_match(hashes, mixed[i % (2 * kBlock)]);
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t previous = put_mixed(hashes, mixed[i % (2 * kBlock)], key_hashes[i], trailer_offsets[i]);
      if (out_previous != nullptr) out_previous[i] = previous;
    }
  }
}

}  // namespace simdr::core
