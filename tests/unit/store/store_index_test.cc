// What writes of all kinds make of the memory of the index.
#include <string>
#include <vector>

#include "store_fixture.h"

namespace simdr::core {
namespace {

class StoreIndexTest : public StoreTest {
 protected:
  std::uint64_t index_memory() const { return store_->stats()->index_memory_size; }
};

TEST_F(StoreIndexTest, ABatchOfOneKeyTakesTheRoomOfOneKey) {
  open();
  ASSERT_TRUE(store_->put(42, view_of("before"), Durability::kNone));
  const std::uint64_t before = index_memory();
  std::vector<std::string> values;
  for (int i = 0; i < 5'000; ++i) values.push_back("value " + std::to_string(i));
  std::vector<WriteOp> ops;
  for (const std::string& value : values) ops.push_back({42, view_of(value)});
  ASSERT_TRUE(store_->put_many(ops, Durability::kNone));
  EXPECT_EQ(index_memory(), before);
  expect_is({{42, values.back()}});
  close();
  open();
  expect_is({{42, values.back()}});
}

// So many keys that some segments are nearly full.
TEST_F(StoreIndexTest, RemovingAndReplacingKeysTakesNoMoreMemory) {
  constexpr std::uint64_t kCount = 40'000;
  open();
  std::vector<std::uint64_t> keys;
  std::vector<WriteOp> ops;
  const std::string value = "value";
  for (std::uint64_t i = 0; i < kCount; ++i) {
    keys.push_back(i * 0x9E3779B97F4A7C15u + 1);
    ASSERT_TRUE(store_->put(keys.back(), view_of(value), Durability::kNone));
    ops.push_back({keys.back(), view_of(value)});
  }
  const std::uint64_t before = index_memory();
  ASSERT_TRUE(store_->put_many(ops, Durability::kNone));
  EXPECT_EQ(index_memory(), before) << "replaced";
  std::size_t removed = 0;
  ASSERT_TRUE(store_->remove_many(keys, Durability::kNone, &removed));
  EXPECT_EQ(removed, kCount);
  EXPECT_EQ(index_memory(), before) << "removed";
  expect_is({});
}

TEST_F(StoreIndexTest, RemovingOneByOneTakesNoMoreMemory) {
  constexpr std::uint64_t kLimit = slot_limit_of(kFullGroups);
  open();
  for (std::uint64_t i = 1; i <= kLimit; ++i) ASSERT_TRUE(store_->put(i, view_of("value"), Durability::kNone));
  const std::uint64_t before = index_memory();
  ASSERT_TRUE(store_->remove(1, Durability::kNone));
  EXPECT_EQ(index_memory(), before);
  ASSERT_TRUE(store_->rename(2, 1, Durability::kNone));
  EXPECT_EQ(store_->count(), kLimit - 1);
}

}  // namespace
}  // namespace simdr::core
