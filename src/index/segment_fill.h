// How the keys of one segment come into another, or into two.
#pragma once

#include <cstdint>

#include "index/hash_mixer.h"
#include "index/segment.h"

namespace simdr::core {

// Both of these fill segments that are all empty and not yet published, and keep `from` as it is: readers go on
// using it until the caller has replaced its directory entries. `file` must hold every offset of `from`.
struct RebuiltCounts {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
};

// Copies the live slots to a segment of the same depth and at least as many groups; returns how many.
std::uint32_t rebuild(Segment from, Segment to, HashesInFile file, const HashMixer& mix) noexcept;

// Divides them by the first bit of the mixed hash that the depth of `from` leaves open. All three are of full size.
RebuiltCounts split(Segment from, Segment low, Segment high, HashesInFile file, const HashMixer& mix) noexcept;

}  // namespace simdr::core
