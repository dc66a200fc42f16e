// What several threads may do to one index at once: insert into parts of their own, where there is room.
#include <gtest/gtest.h>

#include <algorithm>
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
  for (std::size_t i = 0; i < kCount; ++i) items.emplace_back(i, file.append(i), std::uint16_t{0});
  ASSERT_TRUE(index.expect(3'000));
  const std::uint64_t memory_size = index.memory_size();

  std::uint64_t inserted = 0;
  std::vector<BuildItem> full;
  for (std::size_t begin = 0; begin < kCount; begin += 50) {
    const BuildItem* const block = &items[begin];
    const KeyIndex::LeftOut but = index.insert_absent_where_room(file.view(), block, 50);
    ASSERT_EQ(but.present.count(), 0u);
    for (std::size_t i = 0; i < 50; ++i) {
      const std::uint64_t found = index.find(file.view(), block[i].key_hash);
      ASSERT_EQ(found, but.full.has(i) ? KeyIndex::kAbsent : block[i].trailer_offset());
    }
    but.full.for_each([&](std::size_t i) { full.push_back(block[i]); });
    inserted += 50 - but.full.count();
  }
  EXPECT_EQ(index.count(), 0u);
  EXPECT_EQ(index.memory_size(), memory_size);
  EXPECT_EQ(inserted, slot_limit_of(kFullGroups));
  ASSERT_EQ(full.size(), kCount - inserted);
  for (std::size_t j = 1; j < full.size(); ++j) EXPECT_LT(full[j - 1].key_hash, full[j].key_hash);

  // What is there is there, whether or not there is room for others.
  std::vector<BuildItem> older;
  for (std::size_t i = 0; i < KeyIndex::kMostItems; ++i) older.emplace_back(i, file.append(i), std::uint16_t{0});
  const KeyIndex::LeftOut none = index.insert_absent_where_room(file.view(), older.data(), older.size());
  EXPECT_EQ(none.present.count(), older.size());
  EXPECT_EQ(none.full.count(), 0u);

  index.add_inserted(inserted);
  EXPECT_EQ(index.count(), inserted);
  for (std::size_t begin = 0; begin < full.size(); begin += KeyIndex::kMostItems) {
    KeyIndex::LeftOut but;
    const std::size_t count = std::min(KeyIndex::kMostItems, full.size() - begin);
    ASSERT_TRUE(index.insert_absent(file.view(), &full[begin], count, &but));
    EXPECT_EQ(but.present.count() + but.full.count(), 0u);
  }
  EXPECT_EQ(index.count(), kCount);
  for (const BuildItem& item : items) ASSERT_EQ(index.find(file.view(), item.key_hash), item.trailer_offset());
}

// More than are looked up ahead of their turn, and all of one key: only the first of them can be inserted.
TEST(KeyIndexBuildTest, OfEqualKeysInOneBlockTheFirstWins) {
  KeyIndex index(kSeed);
  TrailerFile file(KeyIndex::kMostItems);
  std::vector<BuildItem> items;
  for (std::size_t i = 0; i < KeyIndex::kMostItems; ++i) items.emplace_back(7, file.append(7), std::uint16_t{0});
  std::reverse(items.begin(), items.end());
  KeyIndex::LeftOut but;
  ASSERT_TRUE(index.insert_absent(file.view(), items.data(), items.size(), &but));
  EXPECT_FALSE(but.present.has(0));
  EXPECT_EQ(but.present.count(), items.size() - 1);
  EXPECT_EQ(index.count(), 1u);
  EXPECT_EQ(index.find(file.view(), 7), items[0].trailer_offset());
}

TEST(KeyIndexBuildTest, AnItemSetHasWhatWasSet) {
  Random random(2);
  KeyIndex::ItemSet set;
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < KeyIndex::kMostItems; ++i) {
    if (i != 0 && i + 1 != KeyIndex::kMostItems && random.below(3) != 0) continue;
    set.set(i);
    numbers.push_back(i);
  }
  EXPECT_EQ(set.count(), numbers.size());
  std::vector<std::size_t> seen;
  set.for_each([&](std::size_t i) { seen.push_back(i); });
  EXPECT_EQ(seen, numbers);
  for (std::size_t i = 0; i < KeyIndex::kMostItems; ++i) {
    EXPECT_EQ(set.has(i), std::binary_search(numbers.begin(), numbers.end(), i)) << i;
  }
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
