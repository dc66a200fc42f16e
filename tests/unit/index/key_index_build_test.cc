// What several threads may do to one index at once: insert into parts of their own, where there is room.
#include <gtest/gtest.h>

#include <vector>

#include "index/key_index.h"
#include "trailer_file.h"

namespace simdr::core {
namespace {

constexpr std::uint64_t kSeed = 7;

TEST(KeyIndexBuildTest, InsertsWhereThereIsRoomAndTellsInOrderWhatIsFull) {
  constexpr std::size_t kCount = 5'000;  // one segment takes 3,440
  KeyIndex index(kSeed);
  TrailerFile file(2 * kCount);
  std::vector<BuildItem> items;
  for (std::size_t i = 0; i < kCount; ++i) items.emplace_back(i, file.append(i), static_cast<std::uint16_t>(i % 100));
  ASSERT_TRUE(index.expect(3'000));
  const std::uint64_t memory_size = index.memory_size();

  std::uint64_t inserted = 0;
  std::vector<BuildItem> full;
  for (std::size_t i = 0; i < kCount; i += 50) {
    std::vector<BuildItem> block(items.begin() + static_cast<std::ptrdiff_t>(i),
                                 items.begin() + static_cast<std::ptrdiff_t>(i + 50));
    const KeyIndex::Inserted done = index.insert_absent_where_room(file.view(), block.data(), block.size());
    ASSERT_EQ(done.count + done.full_count, block.size());
    for (std::size_t j = 0; j < done.count; ++j)
      ASSERT_EQ(index.find(file.view(), block[j].key_hash), block[j].trailer_offset());
    full.insert(full.end(), block.begin() + static_cast<std::ptrdiff_t>(done.count), block.end());
    inserted += done.count;
  }
  EXPECT_EQ(index.count(), 0u);
  EXPECT_EQ(index.memory_size(), memory_size);
  EXPECT_EQ(inserted, slot_limit_of(kFullGroups));
  ASSERT_EQ(full.size(), kCount - inserted);
  for (std::size_t j = 0; j < full.size(); ++j) {
    const std::uint64_t i = full[j].key_hash;
    EXPECT_EQ(full[j].note(), i % 100);
    EXPECT_EQ(index.find(file.view(), i), KeyIndex::kAbsent);
    EXPECT_TRUE(j == 0 || full[j - 1].key_hash < i);
  }

  // What is there is there, whether or not there is room for others.
  std::vector<BuildItem> older;
  for (std::size_t i = 0; i < KeyIndex::kMostItems; ++i) older.emplace_back(i, file.append(i), std::uint16_t{0});
  const KeyIndex::Inserted none = index.insert_absent_where_room(file.view(), older.data(), older.size());
  EXPECT_EQ(none.count, 0u);
  EXPECT_EQ(none.full_count, 0u);

  index.add_inserted(inserted);
  EXPECT_EQ(index.count(), inserted);
  std::size_t late = 0;
  ASSERT_TRUE(index.insert_absent_many(file.view(), full.data(), full.size(), &late));
  EXPECT_EQ(late, kCount - inserted);
  EXPECT_EQ(index.count(), kCount);
  for (const BuildItem& item : items) ASSERT_EQ(index.find(file.view(), item.key_hash), item.trailer_offset());
}

TEST(KeyIndexBuildTest, HasWholePartsWhenEachIsOfSeveralSegmentsOrOne) {
  {
    const KeyIndex empty(kSeed);
    EXPECT_FALSE(empty.has_whole_parts());
  }
  const struct {
    std::uint64_t keys;
    bool has_whole_parts;
  } cases[] = {{100, false}, {20'000, false}, {40'000, true}, {500'000, true}};
  for (const auto& [keys, has_whole_parts] : cases) {
    KeyIndex index(kSeed);
    ASSERT_TRUE(index.expect(keys));
    EXPECT_EQ(index.has_whole_parts(), has_whole_parts) << keys;
  }
  // Deep where the keys are, and one segment for the half where none is.
  KeyIndex lopsided(kSeed);
  TrailerFile file(60'000);
  for (const std::uint64_t hash : hashes_that_mix_to(kSeed, std::uint64_t{1} << 63, 0, 60'000)) {
    ASSERT_EQ(put_new(lopsided, file, hash), KeyIndex::kAbsent);
  }
  EXPECT_FALSE(lopsided.has_whole_parts());
}

TEST(KeyIndexBuildTest, APartIsTheUpperBitsOfWhatAHashIsMixedTo) {
  const KeyIndex index(kSeed);
  const HashMixer mix(kSeed);
  for (std::uint64_t hash = 0; hash < 10'000; ++hash) {
    ASSERT_EQ(index.part_of(hash), mix(hash) >> 60);
    ASSERT_LT(index.part_of(hash), KeyIndex::kParts);
  }
}

}  // namespace
}  // namespace simdr::core
