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

}  // namespace
}  // namespace simdr::core
