#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "platform/read_section.h"
#include "store/snapshot.h"
#include "store_fixture.h"

namespace simdr::core {
namespace {

// A snapshot that is registered when `meanwhile` runs, and has its tail fixed after that.
void take_beside(SnapshotRegistry& registry, const std::function<void()>& take,
                 const std::function<void()>& meanwhile) {
  std::thread taker;
  {
    const ReadSection keeps_it_waiting;
    taker = std::thread(take);
    while (!registry.active()) std::this_thread::yield();
    // Writes wait for no section, so that they may be made in this one.
    meanwhile();
  }
  taker.join();
}

TEST(SnapshotTest, RemembersWhatWasReplacedAfterItBegan) {
  SnapshotRegistry registry;
  std::atomic<std::uint64_t> tail{1000};
  EXPECT_FALSE(registry.active());
  Snapshot snapshot;
  registry.add(&snapshot, tail);
  EXPECT_TRUE(registry.active());
  EXPECT_EQ(snapshot.tail(), 1000u);
  EXPECT_EQ(snapshot.replaced_offset(7), 0u);
  registry.note(7, {500, 1001}, 1000);
  EXPECT_EQ(snapshot.replaced_offset(7), 500u);
  registry.note(7, {1001, 1201}, 1200);  // the successor, which is not in the snapshot
  EXPECT_EQ(snapshot.replaced_offset(7), 500u);
  registry.note(8, {1200, 1401}, 1400);
  EXPECT_EQ(snapshot.replaced_offset(8), 0u);
  registry.remove(&snapshot);
  EXPECT_FALSE(registry.active());
}

// A snapshot whose tail is fixed after `meanwhile`, at the start of which it is 500.
class SnapshotBesideTest : public ::testing::Test {
 protected:
  ~SnapshotBesideTest() override { registry_.remove(&snapshot_); }
  void take(const std::function<void()>& meanwhile) {
    take_beside(
        registry_, [&] { registry_.add(&snapshot_, tail_); }, meanwhile);
  }

  SnapshotRegistry registry_;
  std::atomic<std::uint64_t> tail_{500};
  Snapshot snapshot_;
};

TEST_F(SnapshotBesideTest, TakesTheNewestOfWhatItIsToldBeforeItsTailIsFixed) {
  take([&] {
    registry_.note(7, {300, 600}, 500);
    tail_ = 620;
    registry_.note(7, {600, 700}, 620);  // a put that is still under way when the tail is fixed
  });
  EXPECT_EQ(snapshot_.tail(), 620u);
  EXPECT_EQ(snapshot_.replaced_offset(7), 600u);
}

TEST_F(SnapshotBesideTest, TakesNothingForReplacedWhoseSuccessorIsBelowItsTail) {
  take([&] {
    registry_.note(7, {300, 501}, 500);
    tail_ = 521;
  });
  EXPECT_EQ(snapshot_.replaced_offset(7), 0u);
}

TEST_F(SnapshotBesideTest, TakesOfABatchThatReplacesAKeyTwiceWhatWasThereBeforeIt) {
  take([&] {
    registry_.note(7, {300, 600}, 500);
    registry_.note(7, {600, 700}, 500);
  });
  EXPECT_EQ(snapshot_.replaced_offset(7), 300u);
}

TEST(SnapshotTest, EachHasATailOfItsOwn) {
  SnapshotRegistry registry;
  std::atomic<std::uint64_t> tail{100};
  Snapshot early;
  registry.add(&early, tail);
  tail = 200;
  Snapshot late;
  registry.add(&late, tail);
  registry.note(1, {150, 220}, 200);
  EXPECT_EQ(early.replaced_offset(1), 0u);
  EXPECT_EQ(late.replaced_offset(1), 150u);
  registry.remove(&early);
  registry.note(2, {170, 320}, 300);
  EXPECT_EQ(late.replaced_offset(2), 170u);
  EXPECT_EQ(early.replaced_offset(2), 0u);
  registry.remove(&late);
}

class SnapshotOfStoreTest : public StoreTest {
 protected:
  // What an iterator finds beside whose beginning `write` writes.
  Model found_beside(const std::function<void()>& write) {
    Model found;
    take_beside(
        store_->shared_image()->snapshots, [&] { found = contents(*store_); }, write);
    return found;
  }
};

TEST_F(SnapshotOfStoreTest, HasARenamedValueOnce) {
  open();
  ASSERT_TRUE(store_->put(1, view_of("one"), Durability::kDefault));
  ASSERT_TRUE(store_->put(2, view_of("two"), Durability::kDefault));
  EXPECT_EQ(found_beside([&] { ASSERT_TRUE(store_->rename(1, 3, Durability::kDefault)); }),
            (Model{{2, "two"}, {3, "one"}}));
}

TEST_F(SnapshotOfStoreTest, DoesNotBringBackWhatWasRemovedAndPutAgainWhileItBegan) {
  open();
  for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_TRUE(store_->put(i, view_of("old"), Durability::kDefault));
  const auto write = [&] {
    ASSERT_TRUE(store_->remove(1, Durability::kDefault));
    ASSERT_TRUE(store_->remove(2, Durability::kDefault));
    ASSERT_TRUE(store_->put(2, view_of("new"), Durability::kDefault));
    ASSERT_TRUE(store_->put(3, view_of("newer"), Durability::kDefault));
    ASSERT_TRUE(store_->put(3, view_of("newest"), Durability::kDefault));
  };
  EXPECT_EQ(found_beside(write), (Model{{2, "new"}, {3, "newest"}}));
}

}  // namespace
}  // namespace simdr::core
