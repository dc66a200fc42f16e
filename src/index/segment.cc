#include "index/segment.h"

namespace simdr::core {

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

}  // namespace simdr::core
