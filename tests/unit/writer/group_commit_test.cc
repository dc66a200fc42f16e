#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "writer/group_commit.h"

namespace simdr::core {
namespace {

class FakeDisk final : public CommitTarget {
 public:
  Result<std::uint64_t> sync_all(bool) noexcept override {
    ++syncs;
    if (fails) return make_error(Status::kIo, "disk");
    const std::uint64_t reached = appended;
    std::this_thread::yield();
    durable = reached;
    return reached;
  }
  std::atomic<std::uint64_t> appended{0}, durable{0}, syncs{0};
  std::atomic<bool> fails{false};
};

TEST(GroupCommitTest, ReturnsOnlyWhenTheTailIsDurableAndSharesSyncs) {
  FakeDisk disk;
  GroupCommit commit(disk);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        const std::uint64_t tail = ++disk.appended;
        ASSERT_TRUE(commit.commit(tail, 0, false));
        ASSERT_GE(disk.durable, tail);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(disk.syncs, 4000u);
  EXPECT_EQ(disk.durable, 4000u);
}

TEST(GroupCommitTest, DoesNotSyncAgainForWhatIsDurable) {
  FakeDisk disk;
  GroupCommit commit(disk);
  disk.appended = 10;
  ASSERT_TRUE(commit.commit(10, 0, false));
  ASSERT_TRUE(commit.commit(7, 0, false));
  EXPECT_EQ(disk.syncs, 1u);
  ASSERT_TRUE(commit.commit(7, 0, true));  // strictly is more
  EXPECT_EQ(disk.syncs, 2u);
}

TEST(GroupCommitTest, NeverTriesAgainAfterAFailedSync) {
  FakeDisk disk;
  GroupCommit commit(disk);
  disk.appended = 10;
  disk.fails = true;
  EXPECT_FALSE(commit.commit(10, 0, false));
  disk.fails = false;
  EXPECT_FALSE(commit.commit(10, 0, false));
  EXPECT_EQ(disk.syncs, 1u);
}

TEST(GroupCommitTest, CountsEarlierEpochsAsDoneOnceTheFileWasReplaced) {
  FakeDisk disk;
  GroupCommit commit(disk);
  commit.acquire();
  std::thread waiter([&] { EXPECT_TRUE(commit.commit(1'000, 0, false)); });
  std::this_thread::yield();
  commit.release_replaced(50, true);
  waiter.join();
  EXPECT_EQ(disk.syncs, 0u);
  EXPECT_EQ(commit.epoch(), 1u);
  ASSERT_TRUE(commit.commit(50, 1, false));
  EXPECT_EQ(disk.syncs, 0u);
}

TEST(GroupCommitTest, SyncsForAllOnceTheFileWasReplacedByOneWhoseNameMayNotLast) {
  FakeDisk disk;
  GroupCommit commit(disk);
  disk.appended = 50;
  for (const std::uint64_t epoch : {0u, 1u}) {
    commit.acquire();
    commit.release_replaced(50, false);
    disk.syncs = 0;
    ASSERT_TRUE(commit.commit(20, epoch, false));  // of the old file, then of the new one
    EXPECT_EQ(disk.syncs, 1u);
    ASSERT_TRUE(commit.commit(20, epoch, false));
    EXPECT_EQ(disk.syncs, 1u);
  }
}

}  // namespace
}  // namespace simdr::core
