// Building: keys that nobody erased, newest to oldest, so that most of them are put where nothing is in the way.
#include <algorithm>
#include <array>
#include <cassert>

#include "index/key_index.h"

namespace simdr::core {
namespace {

// Trailers that are asked for before the first of them is looked at.
constexpr std::size_t kBlock = 64;

}  // namespace

// What the home group alone can decide is inserted at once; for the rest, the trailers that must be compared are asked
// for, and looked at when the block is through. Of equal keys the first still wins: what sent it there (a slot with
// its tag, a full group, a full segment) is there for the second as well.
bool KeyIndex::insert_absent_many(ByteView file, BuildItem* items, std::size_t count,
                                  std::size_t* out_inserted) noexcept {
  struct Late {
    std::uint64_t mixed;
    BuildItem item;
  };
  const HashesInFile hashes(file);
  std::array<Late, kBlock> late;
  *out_inserted = 0;
  if (count == 0) return true;
  if (!owns_memory() && !create_first(count)) return false;

  BuildItem* inserted = items;
  bool has_memory = true;
  for (std::size_t begin = 0; begin < count && has_memory; begin += kBlock) {
    const std::size_t size = std::min(kBlock, count - begin);
    const BuildItem* const block = items + begin;
    const DirectoryView view = directory();
    std::size_t late_count = 0;
    BuildItem* const block_inserted = inserted;
    for (std::size_t i = 0; i < size; ++i) {
      const BuildItem item = block[i];
      assert(item.trailer_offset() != kAbsent);
      const std::uint64_t mixed = mix_(item.key_hash);
      if (insert_at_home(view, hashes, mixed, item.trailer_offset())) [[likely]] {
        *inserted++ = item;
      } else {
        late[late_count++] = {mixed, item};
      }
    }
    for (std::size_t i = 0; i < late_count && has_memory; ++i) {
      const Insertion outcome = insert_absent(hashes, late[i].mixed, late[i].item);
      if (outcome == Insertion::kInserted) *inserted++ = late[i].item;
      has_memory = outcome != Insertion::kNoMemory;
    }
    add_to(&count_, static_cast<std::uint64_t>(inserted - block_inserted));
  }
  *out_inserted = static_cast<std::size_t>(inserted - items);
  return has_memory;
}

// The count is the caller's.
KeyIndex::Insertion KeyIndex::insert_absent(HashesInFile file, std::uint64_t mixed, const BuildItem& item) noexcept {
  for (;;) {
    const DirectoryView view = directory();
    const std::uint64_t index = view.index_of(mixed);
    const std::uint64_t first = view.first_of(index);
    const Segment segment = view.segment(index);
    SegmentUse& use = view.use(first);
    if (look_up(segment, file, mixed, item.key_hash) != nullptr) return Insertion::kPresent;
    if (use.used < segment.slot_limit()) {
      occupy(spot_for_new(segment, &use, mixed), item.trailer_offset());
      return Insertion::kInserted;
    }
    if (!make_room(file, first, 1)) return Insertion::kNoMemory;
  }
}

}  // namespace simdr::core
