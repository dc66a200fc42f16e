// Memory: how much, and what happens when there is none.
#include <gtest/gtest.h>

#include "index/key_index.h"
#include "trailer_file.h"

namespace simdr::core {
namespace {

// Every hash below `count` is in the index and no other.
void expect_exactly(const KeyIndex& index, const TrailerFile& file, const std::vector<std::uint64_t>& offsets,
                    std::uint64_t count) {
  ASSERT_EQ(index.count(), count);
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(index.find(file.view(), i), offsets[i]);
  for (std::uint64_t i = count; i < count + 100; ++i) ASSERT_EQ(index.find(file.view(), i), KeyIndex::kAbsent);
}

// Puts 0, 1, 2, ... one by one while the allocator fails `failing` times from request `first` on. True if a
// failure was met.
bool survives_failure(std::uint64_t first, std::uint64_t failing) {
  constexpr std::uint64_t kCount = 40'000;
  ScriptedAllocator allocator;
  allocator.fail(first, failing);
  KeyIndex index(1, allocator);
  TrailerFile file(kCount);
  std::vector<std::uint64_t> offsets(kCount);
  bool has_failed = false;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    if (!index.reserve(file.view(), i)) {
      has_failed = true;
      expect_exactly(index, file, offsets, i);
      allocator.never_fail();
      EXPECT_TRUE(index.reserve(file.view(), i));
    }
    offsets[i] = file.append(i);
    EXPECT_EQ(index.put(file.view(), i, offsets[i]), KeyIndex::kAbsent);
  }
  expect_exactly(index, file, offsets, kCount);
  return has_failed;
}

// One by one, so that segments are divided, and their memory used again; and expected beforehand.
TEST(KeyIndexGrowthTest, TakesMemoryAsItComesAndZerosAsTheyAre) {
  constexpr std::uint64_t kCount = 100'000;
  for (const bool zeros : {false, true}) {
    for (const std::uint64_t expected : {std::uint64_t{0}, kCount}) {
      ScriptedAllocator allocator;
      if (zeros) allocator.give_zeros();
      KeyIndex index(7, allocator);
      ASSERT_TRUE(expected == 0 || index.expect(expected));
      TrailerFile file(kCount);
      std::vector<std::uint64_t> offsets(kCount);
      for (std::uint64_t i = 0; i < kCount; ++i) {
        ASSERT_TRUE(index.reserve(file.view(), i));
        offsets[i] = file.append(i);
        ASSERT_EQ(index.put(file.view(), i, offsets[i]), KeyIndex::kAbsent);
      }
      expect_exactly(index, file, offsets, kCount);
    }
  }
}

TEST(KeyIndexGrowthTest, SurvivesFailureOfAnyAllocation) {
  std::uint64_t failure_count = 0;
  for (std::uint64_t first = 0; first < 60; ++first) failure_count += survives_failure(first, 1) ? 1u : 0u;
  EXPECT_GE(failure_count, 10u);
}

TEST(KeyIndexGrowthTest, SurvivesFailureOfAllAllocationsFromAnyOneOn) {
  std::uint64_t failure_count = 0;
  for (std::uint64_t first = 0; first < 60; ++first)
    failure_count += survives_failure(first, ~std::uint64_t{0}) ? 1u : 0u;
  EXPECT_GE(failure_count, 10u);
}

TEST(KeyIndexGrowthTest, AFailedReservationOfManyLeavesTheMapAndLaterReservationsRight) {
  constexpr std::uint64_t kCount = 30'000;
  for (std::uint64_t first = 0; first < 40; ++first) {
    ScriptedAllocator allocator;
    KeyIndex index(1, allocator);
    TrailerFile file(kCount);
    std::vector<std::uint64_t> hashes(kCount);
    std::vector<std::uint64_t> offsets(kCount);
    for (std::uint64_t i = 0; i < kCount; ++i) hashes[i] = i;
    for (std::uint64_t i = 0; i < 100; ++i) ASSERT_EQ(put_new(index, file, i, &offsets[i]), KeyIndex::kAbsent);
    allocator.fail(allocator.request_count() + first, ~std::uint64_t{0});
    const bool has_room = reserve_hashes(index, file, hashes.data() + 100, kCount - 100);
    if (!has_room) {
      expect_exactly(index, file, offsets, 100);
      allocator.never_fail();
      ASSERT_TRUE(reserve_hashes(index, file, hashes.data() + 100, kCount - 100));
    }
    // A reservation holds although nothing can be allocated any more.
    allocator.fail(0, ~std::uint64_t{0});
    for (std::uint64_t i = 100; i < kCount; ++i) {
      offsets[i] = file.append(i);
      ASSERT_EQ(index.put(file.view(), i, offsets[i]), KeyIndex::kAbsent);
    }
    expect_exactly(index, file, offsets, kCount);
    if (has_room) return;
  }
  FAIL() << "the reservation never succeeded";
}

// Memory that is short, or in small pieces, is taken as it comes, in as many pieces as it takes.
TEST(KeyIndexGrowthTest, GrowsOnWhereThereAreSmallPiecesOfMemoryOnly) {
  constexpr std::uint64_t kCount = 1'300'000;
  TrailerFile file(kCount);
  for (std::uint64_t i = 0; i < kCount; ++i) (void)file.append(i);
  for (const std::size_t piece : {2 * kSegmentSize, std::size_t{1} << 20, kHugePageSize}) {
    SCOPED_TRACE(piece);
    ScriptedAllocator allocator;
    KeyIndex index(5, allocator);
    allocator.fail_above(piece);
    for (std::uint64_t i = 0; i < kCount; ++i) {
      ASSERT_TRUE(index.reserve(file.view(), i)) << i;
      index.put(file.view(), i, TrailerFile::kFirst + i * TrailerFile::kStride);
    }
    ASSERT_EQ(index.count(), kCount);
    // Half of the largest piece, at the least, but for what fits no piece of that size any more.
    EXPECT_LT(allocator.request_count(), 8 * kCount * 22 / piece);
    for (std::uint64_t i = 0; i < kCount; i += 7) {
      ASSERT_EQ(index.find(file.view(), i), TrailerFile::kFirst + i * TrailerFile::kStride);
    }
    index.clear();
    EXPECT_EQ(allocator.out_size(), 0u);
  }
}

TEST(KeyIndexGrowthTest, ExpectingTooMuchFailsAndLeavesAnEmptyIndex) {
  ScriptedAllocator allocator;
  TrailerFile file(10);
  for (std::uint64_t first = 0; first < 2; ++first) {
    KeyIndex index(1, allocator);
    allocator.fail(allocator.request_count() + first, 1);
    EXPECT_FALSE(index.expect(1'000'000));
    EXPECT_EQ(allocator.out_size(), 0u);
    EXPECT_FALSE(index.expect(~std::uint64_t{0}));
    EXPECT_EQ(put_new(index, file, 1), KeyIndex::kAbsent);
    EXPECT_NE(index.find(file.view(), 1), KeyIndex::kAbsent);
    EXPECT_TRUE(index.expect(1'000'000));  // no longer empty: nothing to do
    EXPECT_LT(index.memory_size(), 100'000u);
  }
}

TEST(KeyIndexGrowthTest, BuildingTheExpectedNumberOfKeysAllocatesNothingMore) {
  for (const std::uint64_t count : {0u, 1u, 100u, 3584u, 3585u, 6000u, 100'000u, 430'000u}) {
    ScriptedAllocator allocator;
    KeyIndex index(1, allocator);
    TrailerFile file(count);
    ASSERT_TRUE(index.expect(count));
    const std::uint64_t before = allocator.request_count();
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(put_new(index, file, i), KeyIndex::kAbsent);
    EXPECT_EQ(allocator.request_count(), before) << count;
    EXPECT_LT(index.memory_size(), 22 * std::max<std::uint64_t>(count, 10'000));
  }
}

TEST(KeyIndexGrowthTest, StaysBelow22BytesPerKeyFrom10ThousandTo5MillionKeys) {
  constexpr std::uint64_t kCount = 5'000'000;
  KeyIndex index(99);
  TrailerFile file(kCount);
  double worst = 0;
  double best = 1000;
  for (std::uint64_t i = 1; i <= kCount; ++i) {
    ASSERT_EQ(put_new(index, file, Random(i).next()), KeyIndex::kAbsent);
    if (i < 10'000) continue;
    const double per_key = static_cast<double>(index.memory_size()) / static_cast<double>(i);
    worst = std::max(worst, per_key);
    best = std::min(best, per_key);
  }
  EXPECT_LE(worst, 22.0);
  EXPECT_GE(best, 9.48);
  RecordProperty("worst_bytes_per_key", std::to_string(worst));
  RecordProperty("best_bytes_per_key", std::to_string(best));
}

TEST(KeyIndexGrowthTest, AFewKeysTakeOneBlock) {
  KeyIndex index(1);
  TrailerFile file(6);
  for (std::uint64_t i = 0; i < 6; ++i) ASSERT_EQ(put_new(index, file, i), KeyIndex::kAbsent);
  EXPECT_DOUBLE_EQ(index.load(), 6.0 / 8);
  EXPECT_LE(index.memory_size(), sizeof index + kSegmentSize + 64);
}

}  // namespace
}  // namespace simdr::core
