// Building: keys that nobody erased, newest to oldest, so that most of them are put where nothing is in the way.
#include <algorithm>
#include <array>
#include <cassert>

#include "index/key_index.h"

namespace simdr::core {

// What the home group alone can decide is inserted at once; for the rest, the trailers that must be compared are asked
// for, and insert_late(mixed, item) is called when the block is through; it says kInserted, or something else. Of equal keys the first still
// wins: what sent it there (a slot with its tag, a full group, a full segment) is there for the second as well. Puts what was
// inserted at `inserted` and returns where that ends; it may be the block itself.
template <typename InsertLate>
BuildItem* KeyIndex::insert_block(HashesInFile file, const BuildItem* block, std::size_t size, BuildItem* inserted,
                                  InsertLate insert_late) noexcept {
  struct Late {
    std::uint64_t mixed;
    BuildItem item;
  };
  std::array<Late, kMostItems> late;
  std::size_t late_count = 0;
  const DirectoryView view = directory();
  for (std::size_t i = 0; i < size; ++i) {
    const BuildItem item = block[i];
    assert(item.trailer_offset() != kAbsent);
    const std::uint64_t mixed = mix_(item.key_hash);
    if (insert_at_home(view, file, mixed, item.trailer_offset())) [[likely]] {
      *inserted++ = item;
    } else {
      late[late_count++] = {mixed, item};
    }
  }
  for (std::size_t i = 0; i < late_count; ++i) {
    if (insert_late(late[i].mixed, late[i].item) == Insertion::kInserted) *inserted++ = late[i].item;
  }
  return inserted;
}

bool KeyIndex::insert_absent_many(ByteView file, BuildItem* items, std::size_t count,
                                  std::size_t* out_inserted) noexcept {
  const HashesInFile hashes(file);
  *out_inserted = 0;
  if (count == 0) return true;
  if (!owns_memory() && !create_first(count)) return false;

  BuildItem* inserted = items;
  bool has_memory = true;
  for (std::size_t begin = 0; begin < count && has_memory; begin += kMostItems) {
    const std::size_t size = std::min(kMostItems, count - begin);
    BuildItem* const block_inserted = inserted;
    inserted = insert_block(hashes, items + begin, size, inserted, [&](std::uint64_t mixed, const BuildItem& item) {
      if (!has_memory) return Insertion::kNoMemory;
      const Insertion outcome = insert_absent(hashes, mixed, item);
      has_memory = outcome != Insertion::kNoMemory;
      return outcome;
    });
    add_to(&count_, static_cast<std::uint64_t>(inserted - block_inserted));
  }
  *out_inserted = static_cast<std::size_t>(inserted - items);
  return has_memory;
}

KeyIndex::Inserted KeyIndex::insert_absent_where_room(ByteView file, BuildItem* items, std::size_t count) noexcept {
  assert(count <= kMostItems && owns_memory());
  const HashesInFile hashes(file);
  const DirectoryView view = directory();
  std::array<BuildItem, kMostItems> full;
  std::size_t full_count = 0;
  BuildItem* const end = insert_block(hashes, items, count, items, [&](std::uint64_t mixed, const BuildItem& item) {
    const Insertion outcome = insert_absent_into(view, hashes, mixed, item);
    if (outcome == Insertion::kFull) full[full_count++] = item;
    return outcome;
  });
  std::copy_n(full.begin(), full_count, end);
  return {static_cast<std::size_t>(end - items), full_count};
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
KeyIndex::Insertion KeyIndex::insert_absent(HashesInFile file, std::uint64_t mixed, const BuildItem& item) noexcept {
  for (;;) {
    const DirectoryView view = directory();
    const Insertion outcome = insert_absent_into(view, file, mixed, item);
    if (outcome != Insertion::kFull) return outcome;
    if (!make_room(file, view.first_of(view.index_of(mixed)), 1)) return Insertion::kNoMemory;
  }
}

}  // namespace simdr::core
