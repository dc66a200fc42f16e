#include "index/segment_fill.h"

#include <algorithm>
#include <array>

namespace simdr::core {
namespace {

// Where slots go while a segment is filled. Counting per group spares looking at the slots again.
//
// All stores are releases, because the segment may be recycled memory that a late reader still looks at: whoever sees
// what is stored also sees that the segment's former directory entry is gone.
class Filling {
 public:
  explicit Filling(Segment segment) noexcept : segment_(segment) {}

  // `slot` is what it would be at home.
  void add(std::uint32_t home, std::uint64_t slot) noexcept {
    std::uint32_t group = home;
    for (; used_[group] == kGroupSlots; group = segment_.next(group)) segment_.group(group).send_on(lane_of(slot));
    const std::uint64_t elsewhere = group == home ? 0 : kAtHome;
    segment_.group(group).slot(used_[group]++).store(slot & ~elsewhere, std::memory_order_release);
    ++count_;
  }

  [[nodiscard]] Segment segment() const noexcept { return segment_; }
  // The same for keys at home, before there is anything else: the caller has stored them in the group, one after the other, and the next
  // slot, if there is one, may be anything.
  [[nodiscard]] Group group(std::uint32_t index) const noexcept { return segment_.group(index); }
  void set_used(std::uint32_t index, std::uint32_t used) noexcept {
    if (used != kGroupSlots) group(index).slot(used).store(kEmptySlot, std::memory_order_release);
    used_[index] = static_cast<std::uint8_t>(used);
    count_ += used;
  }

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

 private:
  Segment segment_;
  std::uint32_t count_ = 0;
  std::array<std::uint8_t, kFullGroups> used_{};
};

// The slots of a segment, by number, whose keys must be asked of the file where they go.
class Unplaced {
 public:
  void add_if(std::uint32_t is_one, std::uint32_t number) noexcept {  // 1 or 0
    numbers_[count_] = static_cast<std::uint16_t>(number);
    count_ += is_one;
  }
  // Calls place(mixed hash, offset) for each, with the file's lines asked for some way ahead.
  template <typename Place>
  void place_all(const Slot* slots, HashesInFile file, const HashMixer& mix, Place place) const noexcept {
    constexpr std::uint32_t kAhead = 32;
    const auto slot = [&](std::uint32_t i) { return slots[numbers_[i]].load(std::memory_order_relaxed); };
    for (std::uint32_t i = 0; i < std::min(count_, kAhead); ++i) file.prefetch(slot(i));
    for (std::uint32_t i = 0; i < count_; ++i) {
      if (i + kAhead < count_) file.prefetch(slot(i + kAhead));
      const std::uint64_t offset = slot(i) & kOffsetMask;
      place(mix(file.at(offset)), offset);
    }
  }

 private:
  std::uint32_t count_ = 0;
  std::array<std::uint16_t, kSegmentSlots> numbers_;
};

// Fills one side or two. Keys at home stay in the group of the same number if homes_stay; the others are placed when those have their
// places. side_of_slot(slot) says where a key at home goes, side_of_hash(mixed) where any other does: 0 or 1. What is so or not so of a slot is a
// number here, too, because no branch could be predicted, and of a bool the compiler makes one.
template <std::size_t kSides, typename SideOfSlot, typename SideOfHash>
void fill(std::array<Filling, kSides>& sides, Segment from, bool homes_stay, HashesInFile file, const HashMixer& mix,
          SideOfSlot side_of_slot, SideOfHash side_of_hash) noexcept {
  const Slot* const slots = from.slots();
  const std::uint64_t staying = homes_stay ? kAtHome : 0;
  Unplaced unplaced;
  for (std::uint32_t group = 0; group < from.group_count(); ++group) {
    struct Home {
      Group group = Group(nullptr);
      std::uint32_t used = 0;
    };
    std::array<Home, kSides> homes;
    for (std::uint32_t k = 0; k < kSides; ++k) homes[k].group = sides[k].group(group);
    for (std::uint32_t i = group * kGroupSlots; i < (group + 1) * kGroupSlots; ++i) {
      const std::uint64_t slot = slots[i].load(std::memory_order_relaxed);
      const auto stays = static_cast<std::uint32_t>((slot & staying) / kAtHome);
      const std::uint32_t stays_high = stays & side_of_slot(slot);
      for (Home& home : homes) home.group.slot(home.used).store(slot & ~kOverflow, std::memory_order_release);
      homes.front().used += stays ^ stays_high;
      homes.back().used += stays_high;
      unplaced.add_if((is_vacant(slot) ? 0u : 1u) & ~stays, i);
    }
    for (std::uint32_t k = 0; k < kSides; ++k) sides[k].set_used(group, homes[k].used);
  }
  const Segment shape = sides.front().segment();  // of all sides
  unplaced.place_all(slots, file, mix, [&](std::uint64_t mixed, std::uint64_t offset) {
    sides[side_of_hash(mixed)].add(shape.home(mixed), shape.slot_for(mixed, offset));
  });
}

}  // namespace

std::uint32_t rebuild(Segment from, Segment to, HashesInFile file, const HashMixer& mix) noexcept {
  std::array sides{Filling(to)};
  const auto the_only = [](std::uint64_t) { return 0u; };
  fill(sides, from, from.group_count() == to.group_count(), file, mix, the_only, the_only);
  return sides[0].count();
}

RebuiltCounts split(Segment from, Segment low, Segment high, HashesInFile file, const HashMixer& mix) noexcept {
  std::array sides{Filling(low), Filling(high)};
  const std::uint32_t bit_in_hash = 63 - from.depth();
  const std::uint32_t bit_in_slot = bit_in_hash + from.window();
  const auto side_at = [](std::uint32_t bit) {
    return [bit](std::uint64_t bits) { return static_cast<std::uint32_t>(bits >> bit) & 1u; };
  };
  fill(sides, from, from.window() == low.window(), file, mix, side_at(bit_in_slot), side_at(bit_in_hash));
  return {sides[0].count(), sides[1].count()};
}

}  // namespace simdr::core
