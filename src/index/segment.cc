#include "index/segment.h"

#include <array>

#include "index/hash_mixer.h"

namespace simdr::core {
namespace {

// Where slots go while a segment is filled. Counting per group spares looking at the slots again.
//
// All stores are releases, because the segment may be recycled memory that a late reader still looks at: whoever sees
// what is stored also sees that the segment's former directory entry is gone.
class Filling {
 public:
  explicit Filling(Segment segment) noexcept : segment_(segment) {}

  void add(std::uint32_t home, std::uint64_t tag_and_offset) noexcept {
    std::uint32_t group = home;
    for (; used_[group] == kGroupSlots; group = segment_.next(group)) {
      segment_.group(group).send_on(lane_of(tag_and_offset));
    }
    const std::uint64_t at_home = group == home ? kAtHome : 0;
    segment_.group(group).slot(used_[group]++).store(tag_and_offset | at_home, std::memory_order_release);
    ++count_;
  }

  // One group's keys that are at home, one after the other, before anything else is in it: store() is called for eight slots, and what it
  // stores stays if `counts` is 1 and not 0. A number, because no branch could be predicted here, and of a bool the compiler makes one.
  class HomeGroup {
   public:
    HomeGroup(Filling& filling, std::uint32_t index) noexcept
        : filling_(filling), index_(index), group_(filling.segment_.group(index)) {}
    void store(std::uint64_t slot, std::uint32_t counts) noexcept {
      group_.slot(used_).store(slot, std::memory_order_release);
      used_ += counts;
    }
    void finish() noexcept {
      if (used_ != kGroupSlots) group_.slot(used_).store(kEmptySlot, std::memory_order_release);
      filling_.used_[index_] = static_cast<std::uint8_t>(used_);
      filling_.count_ += used_;
    }

   private:
    Filling& filling_;
    std::uint32_t index_;
    Group group_;
    std::uint32_t used_ = 0;
  };

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

 private:
  Segment segment_;
  std::uint32_t count_ = 0;
  std::array<std::uint8_t, kFullGroups> used_{};
};

// 1 or 0.
[[nodiscard]] std::uint32_t at_home(std::uint64_t slot) noexcept {
  return static_cast<std::uint32_t>((slot & kAtHome) / kAtHome);
}
[[nodiscard]] std::uint32_t in_use(std::uint64_t slot) noexcept { return is_vacant(slot) ? 0 : 1; }

// The slots of a segment, by number, whose keys must be asked of the file where they go.
class Unplaced {
 public:
  void add(std::uint32_t number, std::uint32_t counts) noexcept {
    numbers_[count_] = static_cast<std::uint16_t>(number);
    count_ += counts;
  }
  // Calls place(offset, key hash) for each, with the file's lines asked for some way ahead.
  template <typename Place>
  void place_all(const Slot* slots, HashesInFile file, Place place) const noexcept {
    constexpr std::uint32_t kAhead = 32;
    const auto slot = [&](std::uint32_t i) { return slots[numbers_[i]].load(std::memory_order_relaxed); };
    for (std::uint32_t i = 0; i < std::min(count_, kAhead); ++i) file.prefetch(slot(i));
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (i + kAhead < count_) file.prefetch(slot(i + kAhead));
      const std::uint64_t offset = slot(i) & kOffsetMask;
      place(offset, file.at(offset));
    }
  }

 private:
  std::uint32_t count_ = 0;
  std::array<std::uint16_t, kSegmentSlots> numbers_;
};

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
  const Slot* const slots = from.slots();
  const std::uint32_t may_stay = from.group_count() == to.group_count() ? 1 : 0;
  Filling filling(to);
  Unplaced unplaced;
  for (std::uint32_t i = 0; i < from.group_count() * kGroupSlots; i += kGroupSlots) {
    Filling::HomeGroup group(filling, i / kGroupSlots);
    for (std::uint32_t j = i; j < i + kGroupSlots; ++j) {
      const std::uint64_t slot = slots[j].load(std::memory_order_relaxed);
      const std::uint32_t stays = may_stay & at_home(slot);
      group.store(slot & ~kOverflow, stays);
      unplaced.add(j, in_use(slot) & ~stays);
    }
    group.finish();
  }
  unplaced.place_all(slots, file, [&](std::uint64_t offset, std::uint64_t key_hash) {
    const std::uint64_t mixed = mix(key_hash);
    filling.add(to.home(mixed), to.slot_for(mixed, offset) & ~kAtHome);
  });
  return filling.count();
}

RebuiltCounts split(Segment from, Segment low, Segment high, HashesInFile file, const HashMixer& mix) noexcept {
  const Slot* const slots = from.slots();
  const std::uint32_t may_stay = from.window() == low.window() ? 1 : 0;
  const std::uint32_t bit_in_slot = 63 - (from.depth() - from.window());
  Filling lows(low);
  Filling highs(high);
  Unplaced unplaced;
  for (std::uint32_t i = 0; i < kSegmentSlots; i += kGroupSlots) {
    Filling::HomeGroup low_group(lows, i / kGroupSlots);
    Filling::HomeGroup high_group(highs, i / kGroupSlots);
    for (std::uint32_t j = i; j < i + kGroupSlots; ++j) {
      const std::uint64_t slot = slots[j].load(std::memory_order_relaxed);
      const std::uint32_t stays = may_stay & at_home(slot);
      const std::uint32_t goes_high = stays & static_cast<std::uint32_t>(slot >> bit_in_slot);
      low_group.store(slot & ~kOverflow, stays ^ goes_high);
      high_group.store(slot & ~kOverflow, goes_high);
      unplaced.add(j, in_use(slot) & ~stays);
    }
    low_group.finish();
    high_group.finish();
  }
  unplaced.place_all(slots, file, [&](std::uint64_t offset, std::uint64_t key_hash) {
    const std::uint64_t mixed = mix(key_hash);
    Filling& side = (mixed >> (63 - from.depth()) & 1) != 0 ? highs : lows;
    side.add(low.home(mixed), low.slot_for(mixed, offset) & ~kAtHome);
  });
  return {lows.count(), highs.count()};
}

}  // namespace simdr::core
