// A segment: up to 512 groups of one cache line, eight slots each, and how a mixed hash `m` finds its way there.
//
//   m     63                                    24       16                0
//         | directory: top `depth` bits ...      | group  | unused          |
//              |<- tag: 14 bits from 63 - window ->|          window = depth rounded down to 8
//
//   slot  63      50  49        48         47                            0
//         | tag     | at home | overflow | trailer offset                  |     vacant where all but overflow is 0
//
//   entry 63                                16  15          6  5       0
//         | address of the first group            | groups - 1  | depth   |
//
// The tag starts at most seven bits above the first bit the directory does not decide. So the bit by which a
// segment splits is in the slot, and 7 to 14 bits of the tag still tell its keys apart. `at home` says that the
// slot is in its key's home group, that is, the position is the home; it is set in all others but the displaced. A split
// therefore reads the file only for displaced keys (one in ten when it is full), and for all of them once in eight levels,
// when the window moves: a put must not wait for 3,500 cold pages. Compared together with the tag, it also keeps what is no
// key's, or another home's, from looking like a key at home.
//
// `overflow` is the group's, not the slot's: a group has eight, one for each *lane*, and the lane of a key is the lowest
// three bits of its tag. A key that finds its home group full goes to the next (wrapping) that is not, and sets the overflow bit of its
// lane in each group that it passes; a lookup goes on until a group where that of its lane is not set. Invariant: between a key's home
// and its own group no such bit is clear. What happens to the slot that a bit lies in does not change it. It is never taken back, since
// nobody knows who else needs it, until the segment is rebuilt, which comes the sooner the more keys were erased beside such bits
// (SegmentUse::worn).
//
// A segment of fewer groups than 512 lives in the same block as its successors, at its own size from the start: 1
// group at 64, 2 at 128, ... 256 at 16,384. The small ones cost nothing that way, and when the full size is
// reached the block is an ordinary spare segment.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/sanitizers.h"
#include "format/layout.h"
#include "format/trailer.h"
#include "simd/slots.h"

// ThreadSanitizer knows nothing of what x86 promises, and other processors promise less.
#if defined(__x86_64__) && !SIMDR_TSAN
#define SIMDR_INDEX_VECTOR_LOADS 1
#else
#define SIMDR_INDEX_VECTOR_LOADS 0
#endif

namespace simdr::core {

using Slot = std::atomic<std::uint64_t>;
static_assert(Slot::is_always_lock_free && sizeof(Slot) == 8);

inline constexpr std::uint32_t kGroupSlots = 8;
inline constexpr std::uint32_t kFullLog2Groups = 9;
inline constexpr std::uint32_t kFullGroups = 1u << kFullLog2Groups;
inline constexpr std::uint32_t kSegmentSlots = kFullGroups * kGroupSlots;
inline constexpr std::size_t kSegmentSize = kSegmentSlots * sizeof(Slot);
inline constexpr std::size_t kSegmentAlignment = 4096;

inline constexpr std::uint32_t kWindowStep = 8;  // levels of splits between two moves of the tag window
inline constexpr std::uint32_t kTagBits = 14;
inline constexpr std::uint32_t kGroupBitsAt = 16;
// 2^32 segments hold more keys than a file of 256 TiB has room for.
inline constexpr std::uint32_t kMaxDepth = 32;

inline constexpr std::uint64_t kOffsetMask = kMaxStoreSize - 1;
inline constexpr std::uint64_t kOverflow = kMaxStoreSize;
inline constexpr std::uint64_t kAtHome = kOverflow << 1;
inline constexpr std::uint32_t kTagShift = 64 - kTagBits;
inline constexpr std::uint32_t kHeadShift = kTagShift - 1;  // of tag and kAtHome
static_assert(kAtHome << 1 == std::uint64_t{1} << kTagShift);

inline constexpr std::uint64_t kEmptySlot = 0;  // vacant, without an overflow bit
// No payload is empty, so no trailer is at 0.
[[nodiscard]] constexpr bool is_vacant(std::uint64_t slot) noexcept { return (slot & kOffsetMask) == 0; }

// Of a slot, or of what one looks like. Below the bits that the directory has decided, whatever the depth.
[[nodiscard]] constexpr std::uint32_t lane_of(std::uint64_t slot) noexcept {
  return static_cast<std::uint32_t>(slot >> kTagShift) & (kGroupSlots - 1);
}

// Slots that a segment may use: 27 of 32. One key in ten is displaced there, and a lookup of an absent key looks at 1.46 groups; at 0.7
// one in twenty is, and it looks at 1.06.
[[nodiscard]] constexpr std::uint32_t slot_limit_of(std::uint32_t group_count) noexcept {
  return group_count * kGroupSlots * 27 / 32;
}

// How many top bits of a mixed hash lie before the tag in a segment of this depth.
[[nodiscard]] constexpr std::uint32_t window_of(std::uint32_t depth) noexcept { return depth & ~(kWindowStep - 1); }

// Always in line, these three: a compiler may take a function that does no more for one that does nothing.
[[gnu::always_inline]] inline void prefetch_line(const void* line) noexcept { __builtin_prefetch(line); }

// The key hashes in the mapped file, of which there are at most kMaxStoreSize bytes. Nothing outside the span is read,
// whatever a slot says.
class HashesInFile {
 public:
  explicit HashesInFile(ByteView file) noexcept
      : first_(file.data() + kTrailerKeyHashAt),
        ends_(file.size() < sizeof(std::uint64_t) ? 0 : file.size() - sizeof(std::uint64_t)) {}
  // False for 0.
  [[nodiscard]] bool has(std::uint64_t offset) const noexcept { return offset - 1 < ends_; }
  // Some value when the span does not hold the offset.
  [[nodiscard]] std::uint64_t at(std::uint64_t offset) const noexcept {
    return has(offset) ? load_le64(first_ + offset) : 0;
  }
  [[nodiscard]] bool confirms(std::uint64_t slot, std::uint64_t key_hash) const noexcept {
    const std::uint64_t offset = slot & kOffsetMask;
    return has(offset) && load_le64(first_ + offset) == key_hash;
  }
  // A prefetch of an address outside the mapping is harmless, so this one asks nothing.
  [[gnu::always_inline]] void prefetch(std::uint64_t slot) const noexcept { prefetch_at(slot & kOffsetMask); }
  // Where a small value begins if it is not in the trailer's own line: only the trailer will tell, and that is a miss later.
  [[gnu::always_inline]] void prefetch_line_before(std::uint64_t slot) const noexcept {
    prefetch_at((slot & kOffsetMask) - 64);
  }

 private:
  // Computed as a number, since it may be nowhere.
  [[gnu::always_inline]] void prefetch_at(std::uint64_t offset) const noexcept {
    prefetch_line(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(first_) + offset));
  }

  const std::byte* first_;
  std::uint64_t ends_;  // the last offset that can be read
};

// Eight slots, as readers see them. The masks have bit i for slot i.
class Group {
 public:
  explicit Group(Slot* slots) noexcept : slots_(slots) {}
  [[nodiscard]] static Group of(Slot* slot) noexcept {
    constexpr std::uintptr_t kSize = kGroupSlots * sizeof(Slot);
    return Group(reinterpret_cast<Slot*>(reinterpret_cast<std::uintptr_t>(slot) & ~(kSize - 1)));
  }

  [[nodiscard]] Slot& slot(std::uint32_t i) const noexcept { return slots_[i]; }
  [[nodiscard]] Slot& first_of(std::uint32_t mask) const noexcept {
    return slots_[static_cast<unsigned>(std::countr_zero(mask))];
  }

  [[nodiscard]] std::uint32_t alike(std::uint64_t like) const noexcept {
    std::uint32_t mask = 0;
#pragma GCC unroll 8
    for (std::uint32_t i = 0; i < kGroupSlots; ++i) {
      mask |= ((slots_[i].load(std::memory_order_acquire) ^ like) >> kHeadShift == 0 ? 1u : 0u) << i;
    }
    return mask;
  }
  // Those with the tag and the displacement of `like`, and those that are vacant, for the writer, who alone changes them.
  [[nodiscard]] simd::SlotMasks writers_masks(std::uint64_t like) const noexcept {
    static_assert(sizeof(Slot) == sizeof(std::uint64_t) && kHeadShift == 49 && kOverflow == std::uint64_t{1} << 48);
    return simd::match_slots<simd::Bit48::kIgnored>(reinterpret_cast<const std::uint64_t*>(slots_), like);
  }
  // The same in fewer steps, for a segment that is not worn: a group of it that has a vacant slot has no overflow bit set, and without
  // a vacant slot what is alike means nothing. Nor has `head`, a slot's without the offset.
  [[nodiscard]] simd::SlotMasks writers_masks_unworn(std::uint64_t head) const noexcept {
    return simd::match_slots<simd::Bit48::kZero>(reinterpret_cast<const std::uint64_t*>(slots_), head);
  }
  // The first of the two for readers, beside a writer. The mask says what was so of each slot at some moment of the call, no earlier
  // than whatever was acquired before it; nothing later than the call is read before it.
  [[nodiscard]] std::uint32_t readers_alike(std::uint64_t like) const noexcept {
#if SIMDR_INDEX_VECTOR_LOADS
    // The processor loads aligned words whole and in order, in vectors too; the fences keep the compiler to it.
    std::atomic_signal_fence(std::memory_order_acquire);
    const std::uint32_t mask = writers_masks(like).alike;
    std::atomic_signal_fence(std::memory_order_acquire);
    return mask;
#else
    return alike(like);
#endif
  }
  // Whether keys of this lane have gone past.
  [[nodiscard]] bool sends_on(std::uint32_t lane) const noexcept {
    return (slots_[lane].load(std::memory_order_acquire) & kOverflow) != 0;
  }
  // The writer's.
  void send_on(std::uint32_t lane) const noexcept {
    const std::uint64_t slot = slots_[lane].load(std::memory_order_relaxed);
    if ((slot & kOverflow) == 0) slots_[lane].store(slot | kOverflow, std::memory_order_release);
  }
  [[nodiscard]] bool has_overflowed() const noexcept {
    std::uint64_t all = 0;
#pragma GCC unroll 8
    for (std::uint32_t i = 0; i < kGroupSlots; ++i) all |= slots_[i].load(std::memory_order_relaxed);
    return (all & kOverflow) != 0;
  }
  [[nodiscard]] bool has_offset(std::uint64_t offset) const noexcept {
    std::uint32_t mask = 0;
#pragma GCC unroll 8
    for (std::uint32_t i = 0; i < kGroupSlots; ++i) {
      mask |= (slots_[i].load(std::memory_order_acquire) & kOffsetMask) == offset ? 1u : 0u;
    }
    return mask != 0;
  }

 private:
  Slot* slots_;
};

// A directory entry taken apart: a segment as a value.
class Segment {
 public:
  explicit Segment(std::uint64_t entry) noexcept : entry_(entry) {}
  Segment(Slot* block, std::uint32_t log2_groups, std::uint32_t depth) noexcept;

  [[nodiscard]] std::uint64_t entry() const noexcept { return entry_; }
  [[nodiscard]] Slot* block() const noexcept { return slots() - slots_before(group_count()); }
  [[nodiscard]] std::uint32_t log2_groups() const noexcept {
    return static_cast<std::uint32_t>(std::countr_zero(group_count()));
  }
  [[nodiscard]] std::uint32_t group_count() const noexcept {
    return ((static_cast<std::uint32_t>(entry_) & kGroupMask) >> kGroupMaskAt) + 1;
  }
  [[nodiscard]] bool is_full_size() const noexcept { return group_count() == kFullGroups; }
  // SegmentUse::used, at most.
  [[nodiscard]] std::uint32_t slot_limit() const noexcept { return slot_limit_of(group_count()); }
  [[nodiscard]] std::uint32_t depth() const noexcept { return static_cast<std::uint32_t>(entry_) & 63u; }
  [[nodiscard]] std::uint32_t window() const noexcept { return window_of(depth()); }

  // What tells the slot of such a key in its home group from all others: the upper 15 bits count. Elsewhere kAtHome is not set.
  [[nodiscard]] std::uint64_t like(std::uint64_t mixed) const noexcept { return mixed << window() | kAtHome; }
  // The slot itself, at home.
  [[nodiscard]] std::uint64_t slot_for(std::uint64_t mixed, std::uint64_t trailer_offset) const noexcept {
    return like(mixed) >> kHeadShift << kHeadShift | trailer_offset;
  }
  [[nodiscard]] std::uint32_t home(std::uint64_t mixed) const noexcept {
    return static_cast<std::uint32_t>(mixed >> kGroupBitsAt) & (group_count() - 1);
  }
  [[nodiscard]] std::uint32_t next(std::uint32_t group) const noexcept { return (group + 1) & (group_count() - 1); }
  [[nodiscard]] Group group(std::uint32_t index) const noexcept { return Group(slots() + index * kGroupSlots); }
  // group(home(mixed)) in the fewest steps: in the entry, the group's number is in bytes.
  [[nodiscard]] Group home_group(std::uint64_t mixed) const noexcept {
    static_assert(kGroupBitsAt > kGroupMaskAt && kGroupSlots * sizeof(Slot) == 1 << kGroupMaskAt);
    return Group(reinterpret_cast<Slot*>((entry_ >> kAddressAt) +
                                         (mixed >> (kGroupBitsAt - kGroupMaskAt) & entry_ & kGroupMask)));
  }
  [[nodiscard]] Slot* slots() const noexcept { return reinterpret_cast<Slot*>(entry_ >> kAddressAt); }

  // The offset under `key_hash`, or 0: every slot with the tag, in every group of the way. The answer 0 needs validation by the caller:
  // see key_index.cc.
  [[nodiscard]] std::uint64_t find_anywhere(HashesInFile file, std::uint64_t mixed,
                                            std::uint64_t key_hash) const noexcept;
  // The way of a lookup: calls see(group, like) for one group after the other, `like` being what a slot of this hash looks like there, until it
  // says true or the way ends. It may be all of the segment.
  template <typename See>
  [[gnu::always_inline]] void walk_way(std::uint64_t mixed, See see) const noexcept {
    std::uint64_t like_here = like(mixed);
    const std::uint32_t lane = lane_of(like_here);
    std::uint32_t index = home(mixed);
    for (std::uint32_t left = group_count(); left != 0; --left, index = next(index), like_here &= ~kAtHome) {
      const Group here = group(index);
      if (see(here, like_here) || !here.sends_on(lane)) return;
    }
  }
  // Whether a slot of this hash has this offset, without a look at the file. With the writer kept out.
  [[nodiscard]] bool holds(std::uint64_t mixed, std::uint64_t offset) const noexcept {
    bool has_it = false;
    walk_way(mixed, [&](Group group, std::uint64_t) {
      has_it = group.has_offset(offset);
      return has_it;
    });
    return has_it;
  }

  // Where a key that is not there goes, in a segment that has room: the first vacant slot from its home on.
  struct Vacancy {
    Slot* slot;
    std::uint32_t passed;  // full groups before it
  };
  [[nodiscard]] Vacancy vacancy(std::uint64_t mixed) const noexcept;
  // For the writer, before a key of this lane is stored in `slot`: sets the overflow bits of the groups that it passed.
  void send_on(const Slot* slot, std::uint32_t passed, std::uint32_t lane) const noexcept;

 private:
  static constexpr std::uint32_t kAddressAt = 16;  // of 48 bits
  static constexpr std::uint32_t kGroupMaskAt = 6;
  static constexpr std::uint32_t kGroupMask = (kFullGroups - 1) << kGroupMaskAt;

  // How far into its block a segment of so many groups begins; a full one starts it.
  [[nodiscard]] static std::uint32_t slots_before(std::uint32_t group_count) noexcept {
    return (group_count & (kFullGroups - 1)) * kGroupSlots;
  }

  std::uint64_t entry_;
};

}  // namespace simdr::core
