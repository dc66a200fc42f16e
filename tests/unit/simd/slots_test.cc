// Which of eight slots are alike and which are vacant, against the definition, bit by bit: a slot that is taken for a vacant one is overwritten, and its
// key lost.
#include "simd/slots.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace simdr::core::simd {
namespace {

constexpr std::uint64_t kBit48 = std::uint64_t{1} << 48;
using Slots = std::array<std::uint64_t, 8>;

void expect_right(const Slots& slots, std::uint64_t like) {
  alignas(64) const Slots aligned = slots;
  std::uint32_t alike = 0, alike_but_48 = 0, vacant = 0;
  for (std::uint32_t i = 0; i < 8; ++i) {
    alike |= static_cast<std::uint32_t>(slots[i] >> 48 == like >> 48) << i;
    alike_but_48 |= static_cast<std::uint32_t>(slots[i] >> 49 == like >> 49) << i;
    vacant |= static_cast<std::uint32_t>((slots[i] & (kBit48 - 1)) == 0) << i;
  }
  const SlotMasks ignoring = match_slots<Bit48::kIgnored>(aligned.data(), like);
  EXPECT_EQ(ignoring.alike, alike_but_48) << std::hex << like;
  EXPECT_EQ(ignoring.vacant, vacant) << std::hex << like;
  // The other is for slots without that bit, and of those without an offset, for zeros.
  if ((like & kBit48) != 0) return;
  for (const std::uint64_t slot : slots) {
    if ((slot & kBit48) != 0 || ((slot & (kBit48 - 1)) == 0 && slot != 0)) return;
  }
  const SlotMasks zero = match_slots<Bit48::kZero>(aligned.data(), like);
  EXPECT_EQ(zero.alike, alike) << std::hex << like;
  EXPECT_EQ(zero.vacant, vacant) << std::hex << like;
}

TEST(SlotsTest, EachBitOfEachSlotCountsWhereItShould) {
  for (std::size_t place = 0; place < 8; ++place) {
    for (std::uint32_t bit = 0; bit < 64; ++bit) {
      const std::uint64_t one = std::uint64_t{1} << bit;
      for (const std::uint64_t others : {std::uint64_t{0}, std::uint64_t{0x8001}, std::uint64_t{0xABCC} << 48 | 7}) {
        Slots slots;
        slots.fill(others);
        for (const std::uint64_t content : {one, others ^ one, others ^ one ^ kBit48}) {
          slots[place] = content;
          for (const std::uint64_t like : {std::uint64_t{0}, others, content, others ^ kBit48, ~others}) {
            expect_right(slots, like);
          }
        }
      }
    }
  }
}

TEST(SlotsTest, TellsAllEightApart) {
  for (std::uint32_t set = 0; set < 256; ++set) {
    Slots vacant, alike;
    for (std::uint32_t i = 0; i < 8; ++i) {
      vacant[i] = (set >> i & 1) != 0 ? 0 : std::uint64_t{1} << (i * 6);
      alike[i] = ((set >> i & 1) != 0 ? std::uint64_t{0x1234} : std::uint64_t{0x1236}) << 48 | (i + 1);
    }
    expect_right(vacant, 0);
    expect_right(alike, std::uint64_t{0x1234} << 48);
    expect_right(alike, std::uint64_t{0x1235} << 48);
  }
}

}  // namespace
}  // namespace simdr::core::simd
