// The set of tails: what it says, and that it takes the same time whatever the tails are.
#include "recovery/tail_marks.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace simdr::core {
namespace {

// Tails that are sent to the first slots of a set with this seed, until it has more than 2^17.
std::vector<std::uint64_t> tails_meant_for_one_place(std::uint64_t seed, std::size_t count) {
  const HashMixer mix(seed);
  std::vector<std::uint64_t> tails;
  for (std::uint64_t tail = 1; tails.size() < count; ++tail) {
    if ((mix(tail) & 0x1'FFFF) < 256) tails.push_back(tail);
  }
  return tails;
}

std::uint64_t detour_of(const std::vector<std::uint64_t>& tails, std::uint64_t seed) {
  TailMarks marks(seed);
  for (const std::uint64_t tail : tails) marks.insert(tail);
  for (const std::uint64_t tail : tails) EXPECT_TRUE(marks.contains(tail));
  return marks.detour();
}

TEST(TailMarksTest, HasWhatWasInsertedAndNothingElse) {
  TailMarks marks(3);
  EXPECT_FALSE(marks.contains(1));
  std::set<std::uint64_t> model;
  for (std::uint64_t i = 1; i < 5'000; ++i) {
    const std::uint64_t tail = 1 + i * i * 21 % 100'003;
    marks.insert(tail);
    marks.insert(tail);
    model.insert(tail);
  }
  for (std::uint64_t tail = 1; tail < 100'100; ++tail) ASSERT_EQ(marks.contains(tail), model.contains(tail)) << tail;
}

TEST(TailMarksTest, TailsThatCollideUnderOneSeedDoNotUnderAnother) {
  const std::vector<std::uint64_t> tails = tails_meant_for_one_place(1, 4'000);
  EXPECT_GT(detour_of(tails, 1), 500 * tails.size()) << "they are chosen well";
  for (const std::uint64_t seed : {2u, 3u, 4u}) EXPECT_LT(detour_of(tails, seed), 8 * tails.size()) << seed;
}

}  // namespace
}  // namespace simdr::core
