// Building: keys that nobody erased, newest to oldest, so that most of them are put where nothing is in the way.
#include <algorithm>
#include <array>
#include <cassert>

#include "index/key_index.h"

namespace simdr::core {

// Where each item is to go is found some items ahead of its turn, and that line is asked for: evenly, since a processor that is asked for more
// lines than it can wait for stands still. What the home group alone can decide is inserted at once; for the rest, the trailers that must be compared
// are asked for, and insert_late(item number) is called when the block is through. Of equal keys the first still wins: what sent it there (a
// slot with its tag, a full group, a full segment) is there for the second as well.
template <typename InsertLate>
void KeyIndex::insert_block(HashesInFile file, const BuildItem* items, std::size_t count,
                            InsertLate insert_late) noexcept {
  struct Aim {
    Group home = Group(nullptr);
    SegmentUse* use;
    std::uint64_t slot;
    std::uint32_t slot_limit;
  };
  constexpr std::size_t kAhead = 24;
  std::array<Aim, 32> aims;
  const DirectoryView view = directory();
  const auto aim_at = [&](std::size_t i) {
    assert(items[i].trailer_offset() != kAbsent);
    const std::uint64_t mixed = mix_(items[i].key_hash);
    const std::uint64_t index = view.index_of(mixed);
    const Segment segment = view.segment(index);
    SegmentUse& use = view.use(view.first_of(index));
    Aim& aim = aims[i % aims.size()];  // each part by itself: all at once would be read before it is in the cache
    aim.home = segment.home_group(mixed);
    aim.use = &use;
    aim.slot = segment.slot_for(mixed, items[i].trailer_offset());
    aim.slot_limit = use.worn == 0 ? segment.slot_limit() : 0;
    prefetch_line(&aim.home.slot(0));
  };
  std::array<std::uint8_t, kMostItems> late;
  std::size_t late_count = 0;
  for (std::size_t i = 0; i < std::min(kAhead, count); ++i) aim_at(i);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) aim_at(i + kAhead);
    const Aim& aim = aims[i % aims.size()];
    const auto [alike, vacant] = aim.home.writers_masks_unworn(aim.slot);
    if (alike == 0 && vacant != 0 && aim.use->used < aim.slot_limit) [[likely]] {
      aim.home.first_of(vacant).store(aim.slot, std::memory_order_release);
      ++aim.use->used;
      continue;
    }
    if (alike != 0) {
      file.prefetch(aim.home.first_of(alike).load(std::memory_order_relaxed));
    } else {
      prefetch_line(&aim.home.slot(0) + kGroupSlots);  // the next group's, but for the last one
    }
    late[late_count++] = static_cast<std::uint8_t>(i);
  }
  for (std::size_t i = 0; i < late_count; ++i) insert_late(late[i]);
}

bool KeyIndex::insert_absent(ByteView file, const BuildItem* items, std::size_t count, Inserted* out) noexcept {
  assert(count <= kMostItems);
  *out = {};
  if (count == 0) return true;
  if (!owns_memory() && !create_first(count)) {
    for (std::size_t i = 0; i < count; ++i) out->full.set(i);
    return false;
  }
  const HashesInFile hashes(file);
  std::size_t left_out = 0;
  bool has_memory = true;
  insert_block(hashes, items, count, [&](std::size_t i) {
    const std::uint64_t mixed = mix_(items[i].key_hash);
    const Insertion outcome = has_memory ? insert_one_absent(hashes, mixed, items[i]) : Insertion::kNoMemory;
    has_memory = outcome != Insertion::kNoMemory;
    if (outcome == Insertion::kInserted) return;
    ++left_out;
    (outcome == Insertion::kPresent ? out->present : out->full).set(i);
  });
  add_to(&count_, count - left_out);
  return has_memory;
}

KeyIndex::Inserted KeyIndex::insert_absent_where_room(ByteView file, const BuildItem* items,
                                                      std::size_t count) noexcept {
  assert(count <= kMostItems && owns_memory());
  const HashesInFile hashes(file);
  const DirectoryView view = directory();
  Inserted inserted;
  insert_block(hashes, items, count, [&](std::size_t i) {
    const Insertion outcome = insert_absent_into(view, hashes, mix_(items[i].key_hash), items[i]);
    if (outcome == Insertion::kPresent) inserted.present.set(i);
    if (outcome == Insertion::kFull) inserted.full.set(i);
  });
  return inserted;
}

bool KeyIndex::has_whole_parts() const noexcept {
  const DirectoryView view = directory();
  if (!owns_memory() || view.size() < kParts) return false;
  for (std::uint64_t i = 0; i < view.size(); i += view.size() / kParts) {
    if (view.span_of(i) > view.size() / kParts) return false;
  }
  return true;
}

KeyIndex::Insertion KeyIndex::insert_absent_into(DirectoryView view, HashesInFile file, std::uint64_t mixed,
                                                 const BuildItem& item) noexcept {
  const std::uint64_t index = view.index_of(mixed);
  const Segment segment = view.segment(index);
  SegmentUse& use = view.use(view.first_of(index));
  if (look_up(segment, file, mixed, item.key_hash) != nullptr) return Insertion::kPresent;
  if (use.used >= segment.slot_limit()) return Insertion::kFull;
  occupy(spot_for_new(segment, &use, mixed), item.trailer_offset());
  return Insertion::kInserted;
}

// The count is the caller's.
KeyIndex::Insertion KeyIndex::insert_one_absent(HashesInFile file, std::uint64_t mixed,
                                                const BuildItem& item) noexcept {
  for (;;) {
    const DirectoryView view = directory();
    const Insertion outcome = insert_absent_into(view, file, mixed, item);
    if (outcome != Insertion::kFull) return outcome;
    if (!make_room(file, view.first_of(view.index_of(mixed)), 1)) return Insertion::kNoMemory;
  }
}

}  // namespace simdr::core
