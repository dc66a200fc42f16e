#include "index/segment.h"

#include <array>

#include "index/hash_mixer.h"

namespace simdr::core {
namespace {

// Where slots go while a segment is filled. Counting per group spares looking at the slots again.
class Filling {
 public:
  explicit Filling(Segment segment) noexcept : segment_(segment) {}

  // Release, because `segment` may be recycled memory that a late reader still looks at: whoever sees this value
  // also sees that the segment's former directory entry is gone.
  void add(std::uint32_t home, std::uint64_t tag_and_offset) noexcept {
    std::uint32_t group = home;
    for (; used_[group] == kGroupSlots; group = segment_.next(group)) {
      segment_.group(group).send_on(lane_of(tag_and_offset));
    }
    const std::uint64_t at_home = group == home ? kAtHome : 0;
    segment_.group(group).slot(used_[group]++).store(tag_and_offset | at_home, std::memory_order_release);
    ++count_;
  }

  [[nodiscard]] Segment segment() const noexcept { return segment_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

 private:
  Segment segment_;
  std::uint32_t count_ = 0;
  std::array<std::uint8_t, kFullGroups> used_{};
};

// Hands out the live slots of a segment, with the file's lines asked for some way ahead: all of them, or those of
// displaced slots, which are rare, so that one has to look further.
template <typename Place>
void walk(Segment from, bool needs_all_hashes, HashesInFile file, Place place) {
  const Slot* slots = from.slots();
  const std::uint32_t count = from.group_count() * kGroupSlots;
  const std::uint32_t ahead = needs_all_hashes ? 32 : 192;
  const auto needs_hash = [&](std::uint64_t slot) {
    return !is_vacant(slot) && (needs_all_hashes || (slot & kAtHome) == 0);
  };
  for (std::uint32_t i = 0; i < count + ahead; ++i) {
    if (i < count) {
      const std::uint64_t coming = slots[i].load(std::memory_order_relaxed);
      if (needs_hash(coming)) file.prefetch(coming);
    }
    if (i < ahead) continue;
    const std::uint64_t slot = slots[i - ahead].load(std::memory_order_relaxed);
    if (!is_vacant(slot)) place(slot, (i - ahead) / kGroupSlots, needs_hash(slot));
  }
}

}  // namespace

Segment::Segment(Slot* block, std::uint32_t log2_groups, std::uint32_t depth) noexcept
    : entry_(reinterpret_cast<std::uintptr_t>(block + slots_before(1u << log2_groups)) << kAddressAt |
             ((std::uint64_t{1} << log2_groups) - 1) << kGroupMaskAt | depth) {}

std::uint64_t Segment::find_anywhere(HashesInFile file, std::uint64_t mixed, std::uint64_t key_hash) const noexcept {
  std::uint64_t found = 0;
  walk_way(mixed, [&](Group group, std::uint64_t like_here) {
    for (std::uint32_t mask = group.readers_alike(like_here); mask != 0; mask &= mask - 1) {
      const std::uint64_t slot = group.first_of(mask).load(std::memory_order_acquire);
      if (!file.confirms(slot, key_hash)) continue;
      found = slot & kOffsetMask;
      return true;
    }
    return false;
  });
  return found;
}

Segment::Vacancy Segment::vacancy(std::uint64_t mixed) const noexcept {
  std::uint32_t index = home(mixed);
  for (std::uint32_t passed = 0;; ++passed, index = next(index)) {
    const std::uint32_t vacant = group(index).writers_masks(0).vacant;
    if (vacant != 0) return {&group(index).first_of(vacant), passed};
  }
}

void Segment::send_on(const Slot* slot, std::uint32_t passed, std::uint32_t lane) const noexcept {
  auto index = static_cast<std::uint32_t>(slot - slots()) / kGroupSlots;
  for (; passed != 0; --passed) {
    index = (index - 1) & (group_count() - 1);
    group(index).send_on(lane);
  }
}

std::uint32_t rebuild(Segment from, Segment to, HashesInFile file, const HashMixer& mix) noexcept {
  Filling filling(to);
  walk(from, from.group_count() != to.group_count(), file,
       [&](std::uint64_t slot, std::uint32_t group, bool needs_hash) {
         const std::uint32_t home = needs_hash ? to.home(mix(file.at(slot & kOffsetMask))) : group;
         filling.add(home, slot & ~(kAtHome | kOverflow));
       });
  return filling.count();
}

RebuiltCounts split(Segment from, Segment low, Segment high, HashesInFile file, const HashMixer& mix) noexcept {
  Filling lows(low);
  Filling highs(high);
  const std::uint32_t bit_in_slot = 63 - (from.depth() - from.window());
  const bool moves_window = from.window() != low.window();
  walk(from, moves_window, file, [&](std::uint64_t slot, std::uint32_t group, bool needs_hash) {
    std::uint32_t home = group;
    std::uint64_t moved = slot & ~(kAtHome | kOverflow);
    if (needs_hash) {
      const std::uint64_t mixed = mix(file.at(slot & kOffsetMask));
      home = low.home(mixed);
      moved = low.slot_for(mixed, slot & kOffsetMask) & ~kAtHome;
    }
    Filling& side = (slot >> bit_in_slot & 1) != 0 ? highs : lows;
    side.add(home, moved);
  });
  return {lows.count(), highs.count()};
}

}  // namespace simdr::core
