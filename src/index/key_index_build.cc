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
  constexpr std::size_t kAhead = 24;
  std::array<Aim, 32> aims;
  const DirectoryView view = directory();
  const auto aim = [&](std::size_t i) {
    assert(items[i].trailer_offset() != kAbsent);
    Aim& at = aims[i % aims.size()];
    aim_at_home(view, mix_(items[i].key_hash), items[i].trailer_offset(), &at);
    prefetch_line(&at.home.slot(0));
  };
  std::array<std::uint8_t, kMostItems> late;
  std::size_t late_count = 0;
  for (std::size_t i = 0; i < std::min(kAhead, count); ++i) aim(i);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) aim(i + kAhead);
    if (!insert_at_home(aims[i % aims.size()], file)) [[unlikely]]
      late[late_count++] = static_cast<std::uint8_t>(i);
  }
  for (std::size_t i = 0; i < late_count; ++i) insert_late(late[i]);
}

bool KeyIndex::insert_absent(ByteView file, const BuildItem* items, std::size_t count, LeftOut* out) noexcept {
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

KeyIndex::LeftOut KeyIndex::insert_absent_where_room(ByteView file, const BuildItem* items,
                                                     std::size_t count) noexcept {
  assert(count <= kMostItems && owns_memory());
  const HashesInFile hashes(file);
  const DirectoryView view = directory();
  LeftOut but;
  insert_block(hashes, items, count, [&](std::size_t i) {
    const Insertion outcome = insert_absent_into(view, hashes, mix_(items[i].key_hash), items[i]);
    if (outcome == Insertion::kPresent) but.present.set(i);
    if (outcome == Insertion::kFull) but.full.set(i);
  });
  return but;
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
