// Lookups and single changes. Growth is in key_index_growth.cc, batches are in key_index_batch.cc.
//
// Why readers need no lock
//
// A reader loads the directory word W, its entry E and then slots, all with acquire. The writer changes slots of
// the current segments one store at a time; it replaces a segment by filling another and then storing the entries
// that led to it, with release. The old segment's memory may be filled for other keys right after that.
//
//   Hits need no validation. A slot confirmed by the full hash was stored for this very key. The slots a reader
//   sees in E's segment were stored at or after E's publication (older ones were overwritten before it, and E was
//   acquired), so that offset was the key's newest when it was stored or copied. It was not replaced before the
//   find began: else either this slot would hold the new one, or E or W would have been replaced before, and the
//   loads would have shown that.
//
//   A miss is believed only if no segment was recycled meanwhile: the count C of that is loaded with acquire before W and
//   after the slots, and moves, with release, between the storing of what replaces a segment and the first store into its memory.
//   All stores into a segment are releases, those that clear and fill recycled memory too. If a slot showed a
//   value of a later use of the memory, then the reader is synchronised with the writer after C moved; its second load of C
//   shows that, and it tries again, unless the first showed it already; but then W and E, loaded after that, were what
//   replaced the segment. Without such a value all slots are of E's use, where a key never moves: a key that is there
//   all the time sits in one slot, and what would stop the search before that slot, a clear overflow bit in an earlier
//   group, cannot be: it was set before the slot was stored, and stays. A segment that was replaced and not recycled
//   holds what was there then.
//
// The trailer itself is written before put() stores the offset with release. No fences: ThreadSanitizer does not
// model them.
#include "index/key_index.h"

#include <cassert>

namespace simdr::core {

KeyIndex::KeyIndex(std::uint64_t seed, SlabAllocator& allocator) noexcept
    : mix_(seed), memory_(allocator), blocks_(memory_), segments_(memory_) {
  directory_word_.store(empty_.view().word(), std::memory_order_relaxed);
}

std::uint64_t KeyIndex::find_anywhere(ByteView file, std::uint64_t key_hash) const noexcept {
  const HashesInFile hashes(file);
  const std::uint64_t mixed = mix_(key_hash);
  for (;;) {
    const std::uint64_t recycled = recycled_count();
    const std::uint64_t offset = readers_segment(readers_directory(), mixed).find_anywhere(hashes, mixed, key_hash);
    if (offset != kAbsent || recycled_count() == recycled) return offset;
  }
}

// One segment per call, copied whole before it is believed: half a segment handed out could not be taken back
// when it splits. The cursor is always where some segment begins, because segments only ever divide; and the
// segment found there begins there, because entries are replaced from the last to the first: whoever has seen a
// segment that ends at the cursor sees, at the cursor, nothing older than what was made together with it. Where a
// division is half published, the first entry still leads to the undivided segment, which is then taken whole.
std::size_t KeyIndex::next_offsets(SegmentCursor* cursor, std::uint64_t* out_offsets) const noexcept {
  for (;;) {
    const std::uint64_t recycled = recycled_count();
    const DirectoryView directory = readers_directory();
    const std::uint64_t first = directory.index_of(cursor->mixed);
    const Segment segment(directory.entry(first).load(std::memory_order_acquire));
    const Slot* slots = segment.slots();
    std::size_t found = 0;
    for (std::uint32_t i = 0; i < segment.group_count() * kGroupSlots; ++i) {
      const std::uint64_t slot = slots[i].load(std::memory_order_acquire);
      out_offsets[found] = slot & kOffsetMask;
      found += is_vacant(slot) ? 0 : 1;
    }
    const std::uint64_t end = first + (std::uint64_t{1} << (directory.depth() - segment.depth()));
    if (recycled_count() != recycled) continue;

    cursor->is_at_end = end == directory.size();
    if (!cursor->is_at_end) cursor->mixed = end << (64 - directory.depth());
    return found;
  }
}

Slot* KeyIndex::look_up(Segment segment, HashesInFile file, std::uint64_t mixed, std::uint64_t key_hash) noexcept {
  return first_confirmed(segment, mixed, [&](std::uint64_t slot) { return file.confirms(slot, key_hash); });
}

std::uint64_t KeyIndex::put(ByteView file, std::uint64_t key_hash, std::uint64_t trailer_offset) noexcept {
  return put_mixed(HashesInFile(file), mix_(key_hash), key_hash, trailer_offset);
}

std::uint64_t KeyIndex::put_mixed(HashesInFile file, std::uint64_t mixed, std::uint64_t key_hash,
                                  std::uint64_t trailer_offset) noexcept {
  assert(trailer_offset != kAbsent && trailer_offset <= kOffsetMask);
  const Spot spot = spot_anywhere(file, mixed, key_hash);
  assert(spot && "put() without reserve()");
  return spot ? put_at(spot, trailer_offset) : kAbsent;
}

KeyIndex::Spot KeyIndex::spot_anywhere(HashesInFile file, std::uint64_t mixed, std::uint64_t key_hash) const noexcept {
  assert(owns_memory() && "put() without reserve()");
  const DirectoryView view = directory();
  const std::uint64_t index = view.index_of(mixed);
  const Segment segment = view.segment(index);
  Slot* const match = look_up(segment, file, mixed, key_hash);
  if (match == nullptr) return spot_for_new(segment, &view.use(view.first_of(index)), mixed);
  Spot spot;
  spot.slot_ = match;
  spot.head_ = match->load(std::memory_order_relaxed) & ~kOffsetMask;
  spot.is_match_ = true;
  return spot;
}

KeyIndex::Spot KeyIndex::spot_for_new(Segment segment, SegmentUse* use, std::uint64_t mixed) noexcept {
  const Segment::Vacancy vacancy = segment.vacancy(mixed);
  Spot spot;
  spot.slot_ = vacancy.slot;
  spot.use_ = use;
  spot.head_ = segment.slot_for(mixed, 0);
  if (vacancy.passed != 0) spot.head_ &= ~kAtHome;
  spot.passed_ = vacancy.passed;
  return spot;
}

std::uint64_t KeyIndex::erase(ByteView file, std::uint64_t key_hash) noexcept {
  const DirectoryView view = directory();
  const std::uint64_t mixed = mix_(key_hash);
  const std::uint64_t index = view.index_of(mixed);
  SegmentUse& use = view.use(view.first_of(index));
  Slot* const match = look_up(view.segment(index), HashesInFile(file), mixed, key_hash);
  if (match == nullptr) return kAbsent;

  const std::uint64_t old = match->load(std::memory_order_relaxed);
  match->store(old & kOverflow, std::memory_order_release);
  if (Group::of(match).has_overflowed()) {
    ++use.worn;
  } else {
    --use.used;
  }
  add_to(&count_, ~std::uint64_t{0});
  return old & kOffsetMask;
}

// The count first: slots are added before the keys that need them, so the quotient stays below one in any case.
double KeyIndex::load() const noexcept {
  const std::uint64_t keys = count_.load(std::memory_order_acquire);
  const std::uint64_t slots = slot_count_.load(std::memory_order_relaxed);
  return slots == 0 ? 0 : static_cast<double>(keys) / static_cast<double>(slots);
}

void KeyIndex::clear() noexcept {
  directory_word_.store(empty_.view().word(), std::memory_order_release);
  blocks_.clear();
  segments_.clear();
  count_.store(0, std::memory_order_relaxed);
  slot_count_.store(0, std::memory_order_relaxed);
}

}  // namespace simdr::core
