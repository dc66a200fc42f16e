#include <gtest/gtest.h>

#include <unordered_map>

#include "index/key_index.h"
#include "trailer_file.h"

namespace simdr::core {
namespace {

struct Batch {
  std::vector<std::uint64_t> hashes;
  std::vector<std::uint64_t> offsets;
};

// `count` trailers with keys below `key_count`, so that keys repeat.
Batch append_batch(TrailerFile& file, Random& random, std::size_t count, std::uint64_t key_count) {
  Batch batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.hashes.push_back(random.below(key_count));
    batch.offsets.push_back(file.append(batch.hashes.back()));
  }
  return batch;
}

TEST(KeyIndexBatchTest, FindManyEqualsFind) {
  KeyIndex index(5);
  TrailerFile file(300'000);
  Random random(1);
  for (const std::uint64_t key_count : {5u, 5000u, 200'000u}) {
    for (std::uint64_t i = 0; i < key_count; i += 2) put_new(index, file, i);
    for (std::uint64_t i = 0; i < key_count; i += 6) index.erase(file.view(), i);
    for (const std::size_t count : {0u, 1u, 31u, 32u, 33u, 64u, 1000u, 50'000u}) {
      std::vector<std::uint64_t> hashes(count);
      std::vector<std::uint64_t> found(count + 1, 77);
      for (auto& hash : hashes) hash = random.below(key_count * 2);
      index.find_many(file.view(), hashes.data(), count, found.data());
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(found[i], index.find(file.view(), hashes[i]));
      EXPECT_EQ(found[count], 77u);
    }
  }
}

TEST(KeyIndexBatchTest, HoldsExactlyTheOffsetsThatFindGives) {
  KeyIndex index(5);
  TrailerFile file(300'000);
  Random random(1);
  bool held[1] = {true};
  const std::uint64_t absent[] = {7};
  index.holds_many(absent, absent, 1, held);
  EXPECT_FALSE(held[0]);
  for (const std::uint64_t key_count : {5u, 5000u, 100'000u}) {
    // Every key twice, so that one of its two offsets is out of date, and some are erased; many go beyond their group.
    std::vector<std::uint64_t> hashes;
    std::vector<std::uint64_t> offsets;
    for (std::uint64_t i = 0; i < key_count; ++i) {
      for (int version = 0; version < (i % 4 == 1 ? 2 : 1); ++version) {
        std::uint64_t offset = 0;
        put_new(index, file, i, &offset);
        hashes.push_back(i);
        offsets.push_back(offset);
      }
      if (i % 6 == 5) index.erase(file.view(), random.below(i));
    }
    const std::size_t count = hashes.size();
    std::unique_ptr<bool[]> holds(new bool[count]);
    index.holds_many(hashes.data(), offsets.data(), count, holds.get());
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(holds[i], index.find(file.view(), hashes[i]) == offsets[i]) << i;
    }
  }
}

TEST(KeyIndexBatchTest, FindManyFindsNothingInAnEmptyIndex) {
  const KeyIndex index(5);
  const std::vector<std::uint64_t> hashes(100, 3);
  std::vector<std::uint64_t> found(100, 77);
  index.find_many(ByteView{}, hashes.data(), 100, found.data());
  EXPECT_EQ(found, std::vector<std::uint64_t>(100, KeyIndex::kAbsent));
}

TEST(KeyIndexBatchTest, PutManyActsAsPutsInOrder) {
  KeyIndex index(5);
  TrailerFile file(500'000);
  std::unordered_map<std::uint64_t, std::uint64_t> model;
  Random random(2);
  for (int round = 0; round < 300; ++round) {
    const Batch batch = append_batch(file, random, random.below(1500), 100'000 >> random.below(12));
    const std::size_t count = batch.hashes.size();
    std::vector<std::uint64_t> previous(count);
    std::vector<std::uint64_t> mixed(count);
    index.mix(batch.hashes.data(), count, mixed.data());
    ASSERT_TRUE(index.reserve_many(file.view(), mixed.data(), count));
    index.put_many(file.view(), batch.hashes.data(), mixed.data(), batch.offsets.data(), count,
                   round % 2 == 0 ? previous.data() : nullptr);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t& newest = model[batch.hashes[i]];
      if (round % 2 == 0) {
        ASSERT_EQ(previous[i], newest);
      }
      newest = batch.offsets[i];
    }
  }
  ASSERT_EQ(index.count(), model.size());
  for (const auto& [hash, offset] : model) ASSERT_EQ(index.find(file.view(), hash), offset);
}

// The same entries, newest first.
std::vector<BuildItem> items_of(const Batch& batch) {
  std::vector<BuildItem> items;
  for (std::size_t i = batch.hashes.size(); i-- > 0;) {
    items.emplace_back(batch.hashes[i], batch.offsets[i], static_cast<std::uint16_t>(batch.hashes[i]));
  }
  return items;
}

TEST(KeyIndexBatchTest, BuildingFromNewestToOldestKeepsTheNewest) {
  for (const bool is_expected : {false, true}) {
    KeyIndex index(5);
    TrailerFile file(200'000);
    Random random(3);
    const Batch batch = append_batch(file, random, 200'000, 80'000);
    std::unordered_map<std::uint64_t, std::uint64_t> model;
    for (std::size_t i = 0; i < batch.hashes.size(); ++i) model[batch.hashes[i]] = batch.offsets[i];
    const std::vector<BuildItem> items = items_of(batch);
    ASSERT_TRUE(index.expect(is_expected ? 80'000 : 0));
    std::uint64_t inserted_count = 0;
    for (std::size_t begin = 0; begin < items.size();) {
      const std::size_t count = std::min<std::size_t>(items.size() - begin, random.below(KeyIndex::kMostItems + 1));
      KeyIndex::LeftOut but;
      but.full.set(0);  // of an earlier call
      ASSERT_TRUE(index.insert_absent(file.view(), items.data() + begin, count, &but));
      ASSERT_EQ(but.full.count(), 0u);
      for (std::size_t i = 0; i < count; ++i) {
        const BuildItem& item = items[begin + i];
        ASSERT_EQ(item.trailer_offset() != model[item.key_hash], but.present.has(i));
      }
      inserted_count += count - but.present.count();
      begin += count;
    }
    ASSERT_EQ(inserted_count, model.size());
    ASSERT_EQ(index.count(), model.size());
    for (const auto& [hash, offset] : model) ASSERT_EQ(index.find(file.view(), hash), offset);
  }
}

TEST(KeyIndexBatchTest, BuildingGoesOnWhereKeysWereErased) {
  KeyIndex index(5);
  TrailerFile file(40'000);
  for (std::uint64_t i = 0; i < 20'000; ++i) put_new(index, file, i);
  for (std::uint64_t i = 0; i < 20'000; i += 2) index.erase(file.view(), i);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const BuildItem item(i, file.append(i), 0);
    KeyIndex::LeftOut but;
    ASSERT_TRUE(index.insert_absent(file.view(), &item, 1, &but));
    ASSERT_EQ(but.present.has(0), i % 2 != 0);
  }
  EXPECT_EQ(index.count(), 20'000u);
}

TEST(KeyIndexBatchTest, BuildingWithoutAnyMemoryInsertsNothing) {
  ScriptedAllocator allocator;
  allocator.fail(0, ~std::uint64_t{0});
  KeyIndex index(5, allocator);
  TrailerFile file(10);
  Random random(4);
  const std::vector<BuildItem> items = items_of(append_batch(file, random, 10, ~std::uint64_t{0}));
  KeyIndex::LeftOut but;
  EXPECT_FALSE(index.insert_absent(file.view(), items.data(), items.size(), &but));
  EXPECT_EQ(but.full.count(), items.size());
  EXPECT_EQ(but.present.count(), 0u);
  EXPECT_EQ(index.count(), 0u);
}

TEST(KeyIndexBatchTest, BuildingTellsWhatWasInsertedBeforeMemoryRanOut) {
  ScriptedAllocator allocator;
  KeyIndex index(5, allocator);
  TrailerFile file(100'000);
  Random random(4);
  const std::vector<BuildItem> items = items_of(append_batch(file, random, 100'000, ~std::uint64_t{0}));
  allocator.fail(8, ~std::uint64_t{0});
  std::size_t inserted = 0;
  for (std::size_t begin = 0;; begin += KeyIndex::kMostItems) {
    ASSERT_LT(begin, items.size());
    const std::size_t count = std::min(KeyIndex::kMostItems, items.size() - begin);
    KeyIndex::LeftOut but;
    const bool has_memory = index.insert_absent(file.view(), &items[begin], count, &but);
    EXPECT_EQ(but.present.count(), 0u);
    EXPECT_EQ(but.full.count() == 0, has_memory);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t offset = items[begin + i].trailer_offset();
      ASSERT_EQ(index.find(file.view(), items[begin + i].key_hash), but.full.has(i) ? KeyIndex::kAbsent : offset);
    }
    inserted += count - but.full.count();
    if (!has_memory) break;
  }
  EXPECT_EQ(index.count(), inserted);
  EXPECT_GT(inserted, 1000u);
}

}  // namespace
}  // namespace simdr::core
