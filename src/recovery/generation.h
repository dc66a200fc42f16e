// Which layout a chain has, from its content alone, since nothing in a file names it.
//
// The links of all generations with a 20-byte trailer are read alike; they differ in where a payload starts behind
// its link. The CRC tells: the pad is zeros, and a string with zeros before it has another CRC, so of two different
// starts only one matches (but for one chance in 2^32). Each entry whose start differs between two alignments rules
// one out. packed-19 has a trailer of its own, and is asked only when no 20-byte layout fits the newest entry.
//
// A file may fit several: it is empty, or every entry happens to start where all of them would put it (a lone entry
// always does). Then the first of this list that fits is taken, and the answer is marked ambiguous:
//
//   64, 16, 1, then 2, 4, 8, 32, 128, ... 2^20
//
// Such a file reads the same under each, so the choice matters only to whoever appends to it.
//
// A file of mixed alignment (a crate of one version appended to what another wrote) is read by one of them, and the
// entries of the other show as damaged, which under that layout they are.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "format/layout.h"

namespace simdr::core {

inline constexpr unsigned kMaxAlignmentLog2 = 20;

// Which alignments are still possible for a 20-byte chain, after some of its entries were looked at.
class LayoutVote {
 public:
  enum class Answer : std::uint8_t {
    kSilent,  // every alignment still possible puts this entry's payload in one place; its CRC was not looked at
    kMatched,  // the CRC matches for some; the others are ruled out
    kMismatch,  // for none: a damaged entry or no entry; nothing is ruled out
  };

  // Asks the entry ending at `tail` (20 < tail <= file.size()). An entry larger than `max_size` is silent.
  Answer ask(ByteView file, std::uint64_t tail, std::uint64_t max_size = UINT64_MAX) noexcept;

  // The entries on which ask() is silent, known without a look at the file: every alignment still possible puts the
  // payload in one place. Good until the next ask().
  class Silence {
   public:
    Silence(std::uint64_t narrowest, std::uint64_t widest) noexcept : narrowest_(narrowest), widest_(widest) {}
    [[nodiscard]] bool covers(std::uint64_t prev_tail, std::uint64_t trailer_offset) const noexcept {
      const std::uint64_t start = payload_start(prev_tail, widest_);
      return (start == payload_start(prev_tail, narrowest_)) & (start < trailer_offset);
    }

   private:
    std::uint64_t narrowest_;
    std::uint64_t widest_;
  };
  [[nodiscard]] Silence silence() const noexcept { return {mask_ & (0u - mask_), std::bit_floor(mask_)}; }

  // ask() in two steps, for those who get the CRC of a long payload more cheaply than by reading it: first the
  // distinct places where the payload may start, ascending, then what matches given the CRC of the bytes from the
  // last of them to `end`. matching() rules nothing out. Under wide alignments pads are long, and are read: no more of them than
  // `pads_allowance`.
  struct Starts {
    std::uint64_t at[kMaxAlignmentLog2 + 1];
    std::uint32_t alignments[kMaxAlignmentLog2 + 1];  // a set: alignment A is bit A
    std::size_t count = 0;
    std::uint64_t pads_size_read = 0;
    bool is_cut_short = false;  // by the allowance
  };
  [[nodiscard]] Starts starts_before(ByteView file, std::uint64_t end,
                                     std::uint64_t pads_allowance = UINT64_MAX) const noexcept;
  [[nodiscard]] static std::uint32_t matching(ByteView file, const Starts& starts, std::uint64_t end,
                                              std::uint32_t common_crc, std::uint32_t crc) noexcept;

  [[nodiscard]] bool admits(const Layout& layout) const noexcept {
    return layout.trailer_size == kTrailerSize && is_power_of_two(layout.alignment) &&
           layout.alignment <= (1u << kMaxAlignmentLog2) && (mask_ & layout.alignment) != 0;
  }
  [[nodiscard]] bool is_decided() const noexcept { return (mask_ & (mask_ - 1)) == 0; }
  [[nodiscard]] Layout best() const noexcept;

 private:
  // Bit e stands for alignment 2^e, so an alignment is its own bit.
  std::uint32_t mask_ = (2u << kMaxAlignmentLog2) - 1;
};

// Asks the newest entries of the chain that ends at `tail`, at most 64 and little besides the newest itself. Nothing
// when the newest entry matches its CRC under no 20-byte layout.
[[nodiscard]] std::optional<LayoutVote> vote_on_layout(ByteView file, std::uint64_t tail) noexcept;

// The layout of the chain that ends at `tail`: by vote, else packed-19 if its newest entry matches so, else nothing.
struct DetectedLayout {
  Layout layout;
  LayoutVote vote;  // of no meaning for packed-19
};
[[nodiscard]] std::optional<DetectedLayout> detect_layout(ByteView file, std::uint64_t tail) noexcept;

}  // namespace simdr::core
