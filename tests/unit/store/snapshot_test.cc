#include <gtest/gtest.h>

#include "store/snapshot.h"

namespace simdr::core {
namespace {

TEST(SnapshotTest, RemembersWhatWasReplacedAfterItBegan) {
  SnapshotRegistry registry;
  std::atomic<std::uint64_t> tail{1000};
  EXPECT_FALSE(registry.active());
  Snapshot snapshot;
  registry.add(&snapshot, tail);
  EXPECT_TRUE(registry.active());
  EXPECT_EQ(snapshot.tail(), 1000u);
  EXPECT_EQ(snapshot.replaced_offset(7), 0u);
  registry.note(7, 500);
  EXPECT_EQ(snapshot.replaced_offset(7), 500u);
  registry.note(7, 1000);  // the successor, which is not in the snapshot
  EXPECT_EQ(snapshot.replaced_offset(7), 500u);
  registry.note(8, 1200);
  EXPECT_EQ(snapshot.replaced_offset(8), 0u);
  registry.remove(&snapshot);
  EXPECT_FALSE(registry.active());
}

TEST(SnapshotTest, TakesTheNewestOfWhatItIsTold) {
  SnapshotRegistry registry;
  std::atomic<std::uint64_t> tail{1000};
  Snapshot snapshot;
  registry.add(&snapshot, tail);
  registry.note(7, 300);
  registry.note(7, 600);
  EXPECT_EQ(snapshot.replaced_offset(7), 600u);
  registry.remove(&snapshot);
}

TEST(SnapshotTest, EachHasATailOfItsOwn) {
  SnapshotRegistry registry;
  std::atomic<std::uint64_t> tail{100};
  Snapshot early;
  registry.add(&early, tail);
  tail = 200;
  Snapshot late;
  registry.add(&late, tail);
  registry.note(1, 150);
  EXPECT_EQ(early.replaced_offset(1), 0u);
  EXPECT_EQ(late.replaced_offset(1), 150u);
  registry.remove(&early);
  registry.note(1, 170);
  EXPECT_EQ(late.replaced_offset(1), 170u);
  registry.remove(&late);
}

}  // namespace
}  // namespace simdr::core
