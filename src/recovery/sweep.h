// Goes over a file from its end towards its start and stops at the newest chain that can be believed.
//
// An entry whose CRC matches is where a chain may start: its link is then followed down. Chains merge like the
// branches of a tree and each stretch is walked once, because every kMarkStride-th step is remembered, so the whole
// costs time linear in the file whatever its bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "recovery/intact_finder.h"
#include "recovery/tail_marks.h"

namespace simdr::core {

struct FoundChain {
  std::uint64_t tail = 0;           // 0: none
  Layout layout;
  bool oldest_matches = true;       // its first entry's CRC
  bool ends_in_hole = false;        // and of that entry's trailer a part may never have arrived
  std::uint64_t intact_above = 0;   // entries above `tail` that match their CRC
};

class Sweep {
 public:
  enum class Demand : std::uint8_t {
    kNewestAndOldest,  // both match their CRC, and links and places are exact between
    kEvery,            // every entry matches
  };

  // Chains must arrive at `stop` exactly.
  Sweep(ByteView file, IntactFinder& finder, std::uint64_t stop, Demand demand) noexcept
      : file_(file), finder_(finder), stop_(stop), demand_(demand), marks_(seed()) {}

  // No chain is to be believed that comes from above through `tail`; one may end there.
  void forbid_passing(std::uint64_t tail) noexcept { wall_ = tail; }

  // The newest chain ending in (stop, from] that meets the demand; tail 0 when there is none.
  [[nodiscard]] FoundChain run(std::uint64_t from);

  // Chains met on the way that meet it but for the CRC of their oldest entry; newest first, at most 4.
  [[nodiscard]] const std::vector<FoundChain>& headless() const noexcept { return headless_; }
  [[nodiscard]] std::uint64_t intact_seen() const noexcept { return intact_seen_; }
  // How many of those the next one above named as its predecessor: under the wrong layout, none but by chance.
  [[nodiscard]] std::uint64_t linked_seen() const noexcept { return linked_seen_; }
  // Whether a walk ended where another alignment would have found an entry.
  [[nodiscard]] bool doubts_alignment() const noexcept { return doubts_alignment_; }
  [[nodiscard]] std::uint64_t newest_intact() const noexcept { return newest_intact_; }
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_ + marks_.detour(); }

 private:
  enum class Verdict : std::uint8_t { kBad, kGood, kHeadless, kHole };
  Verdict follow(std::uint64_t tail);
  Verdict judge_oldest(const EntryRecord& oldest);
  // This room knows no source of random numbers; but where things lie in memory, the system chooses anew for each process. What is found does not
  // depend on it.
  [[nodiscard]] std::uint64_t seed() const noexcept {
    return reinterpret_cast<std::uintptr_t>(this) * 0x9E37'79B9'7F4A'7C15u ^
           reinterpret_cast<std::uintptr_t>(file_.data());
  }

  ByteView file_;
  IntactFinder& finder_;
  std::uint64_t stop_;
  Demand demand_;
  std::uint64_t wall_ = 0;
  TailMarks marks_;  // what was walked over
  std::vector<FoundChain> headless_;
  std::uint64_t intact_seen_ = 0;
  std::uint64_t linked_seen_ = 0;
  bool doubts_alignment_ = false;
  std::uint64_t newest_intact_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace simdr::core
