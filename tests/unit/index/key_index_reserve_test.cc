// Room for batches: as much as their keys take, whatever is repeated in them.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "index/key_index.h"
#include "trailer_file.h"

namespace simdr::core {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint64_t kSegmentLimit = slot_limit_of(kFullGroups);

class KeyIndexReserveTest : public ::testing::Test {
 protected:
  using Hashes = std::vector<std::uint64_t>;

  // Where growth has no end, the allocator's memory has.
  KeyIndexReserveTest() : index_(kSeed, allocator_), file_(kMostTrailers) {
    allocator_.fail_beyond(std::uint64_t{256} << 20);
  }
  void put_all(const Hashes& hashes) {
    ASSERT_TRUE(reserve_hashes(index_, file_, hashes.data(), hashes.size()));
    Hashes mixed(hashes.size());
    Hashes offsets;
    for (const std::uint64_t hash : hashes) offsets.push_back(file_.append(hash));
    index_.mix(hashes.data(), hashes.size(), mixed.data());
    index_.put_many(file_.view(), hashes.data(), mixed.data(), offsets.data(), hashes.size(), nullptr);
    for (std::size_t i = 0; i < hashes.size(); ++i) newest_[hashes[i]] = offsets[i];
  }
  void expect_exactly_what_was_put() {
    ASSERT_EQ(index_.count(), newest_.size());
    for (const auto& [hash, offset] : newest_) ASSERT_EQ(index_.find(file_.view(), hash), offset);
  }
  // Bytes that an index takes that gets these in one batch.
  static std::uint64_t memory_of(const Hashes& hashes) {
    KeyIndex index(kSeed);
    EXPECT_TRUE(reserve_hashes(index, TrailerFile(0), hashes.data(), hashes.size()));
    return index.memory_size();
  }
  static Hashes each_once(const Hashes& hashes) {
    const std::set<std::uint64_t> distinct(hashes.begin(), hashes.end());
    return {distinct.begin(), distinct.end()};
  }
  static Hashes numbers(std::uint64_t begin, std::uint64_t end) {
    Hashes hashes;
    for (std::uint64_t i = begin; i < end; ++i) hashes.push_back(i);
    return hashes;
  }

  static constexpr std::size_t kMostTrailers = 1'000'000;
  ScriptedAllocator allocator_;
  KeyIndex index_;
  TrailerFile file_;
  std::map<std::uint64_t, std::uint64_t> newest_;
};

TEST_F(KeyIndexReserveTest, OneKeyTakesOneSlotHoweverOftenItIsPut) {
  for (const std::size_t count : {std::size_t{5'000}, std::size_t{200'000}}) {
    put_all(Hashes(count, 7));
    EXPECT_EQ(index_.count(), 1u);
    EXPECT_EQ(index_.memory_size(), memory_of({7}));
  }
  expect_exactly_what_was_put();
}

TEST_F(KeyIndexReserveTest, RepeatedKeysTakeTheRoomOfTheirFirst) {
  Hashes hashes;
  for (std::uint64_t i = 0; i < 50'000; ++i) hashes.push_back(i % 1000);
  put_all(hashes);
  EXPECT_EQ(index_.memory_size(), memory_of(numbers(0, 1000)));
  expect_exactly_what_was_put();
}

// A few keys are most of the batch, and most keys are there once or twice.
TEST_F(KeyIndexReserveTest, ABatchInWhichFewKeysAreFrequentTakesTheRoomOfItsKeys) {
  Random random(3);
  Hashes hashes;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t range = std::uint64_t{1} << random.below(17);
    hashes.push_back(random.below(range) * 0x9E3779B97F4A7C15u);
  }
  const Hashes keys = each_once(hashes);
  ASSERT_LT(keys.size(), hashes.size() / 2);
  put_all(hashes);
  EXPECT_EQ(index_.memory_size(), memory_of(keys));
  EXPECT_LT(index_.memory_size(), 22 * keys.size());
  expect_exactly_what_was_put();
  put_all(hashes);
  expect_exactly_what_was_put();
}

TEST_F(KeyIndexReserveTest, NearlyFullSegmentsTakeAsManyKeysAsTheyHaveSlots) {
  put_all(numbers(0, kSegmentLimit - 3));
  const std::uint64_t before = index_.memory_size();
  Hashes hashes;
  for (std::uint64_t i = 0; i < 300; ++i) hashes.push_back(1'000'000 + i % 3);
  put_all(hashes);
  EXPECT_EQ(index_.memory_size(), before);
  expect_exactly_what_was_put();
  put_all({2'000'000, 2'000'000});
  EXPECT_GT(index_.memory_size(), before) << "one more is too much";
  expect_exactly_what_was_put();
}

TEST_F(KeyIndexReserveTest, KeysThatAreThereTakeNoMore) {
  for (const std::uint64_t count : {std::uint64_t{6}, kSegmentLimit, std::uint64_t{100'000}}) {
    SCOPED_TRACE(count);
    index_.clear();
    newest_.clear();
    put_all(numbers(0, count));
    const std::uint64_t before = index_.memory_size();
    put_all(numbers(0, count));
    put_all(numbers(0, count / 2));
    EXPECT_EQ(index_.memory_size(), before);
    expect_exactly_what_was_put();
  }
}

TEST_F(KeyIndexReserveTest, AFullSegmentTakesKeysThatAreThereAndGrowsForOneThatIsNot) {
  put_all(numbers(0, kSegmentLimit));
  const std::uint64_t before = index_.memory_size();
  allocator_.fail_beyond(0);
  put_all(numbers(100, 3'000));
  EXPECT_EQ(index_.memory_size(), before);
  const std::uint64_t one[] = {1'000'000};
  EXPECT_FALSE(reserve_hashes(index_, file_, one, 1));
  expect_exactly_what_was_put();
}

// Slots that erased keys have worn count as used, and are had back by a rebuilding that takes no more memory.
TEST_F(KeyIndexReserveTest, KeysThatAreThereOrNotFindRoomInWornSegments) {
  Random random(21);
  put_all(numbers(0, kSegmentLimit));
  for (int round = 0; round < 300; ++round) {
    Hashes hashes(random.below(700));
    for (std::uint64_t& hash : hashes) hash = random.below(5'000);
    put_all(hashes);
    for (std::uint64_t i = random.below(700); i > 0; --i) {
      const std::uint64_t hash = random.below(5'000);
      EXPECT_EQ(index_.erase(file_.view(), hash) != KeyIndex::kAbsent, newest_.erase(hash) == 1);
    }
  }
  expect_exactly_what_was_put();
}

// All go to one segment, which is divided as often as their hashes are alike, and no further.
TEST_F(KeyIndexReserveTest, RepeatedKeysWithMuchInCommonTakeNoMoreThanOnce) {
  for (const int shift : {56, 16}) {
    SCOPED_TRACE(shift);
    const Hashes keys = hashes_that_mix_to(kSeed, std::uint64_t{0xFF} << shift, std::uint64_t{0x35} << shift, 4'000);
    index_.clear();
    newest_.clear();
    Hashes hashes;
    for (std::size_t i = 0; i < 20 * keys.size(); ++i) hashes.push_back(keys[i % keys.size()]);
    put_all(hashes);
    EXPECT_EQ(index_.memory_size(), memory_of(keys));
    expect_exactly_what_was_put();
  }
}

TEST_F(KeyIndexReserveTest, BatchesOfAnySizeWithAnyRepetitionsAreThereAfterwards) {
  Random random(9);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t key_count = 1 + (random.below(100'000) >> random.below(17));
    Hashes hashes(random.below(8'000) >> random.below(13));
    for (std::uint64_t& hash : hashes) hash = random.below(key_count);
    put_all(hashes);
  }
  expect_exactly_what_was_put();
  EXPECT_LT(index_.memory_size(), 28 * std::max<std::uint64_t>(index_.count(), 10'000));
}

}  // namespace
}  // namespace simdr::core
