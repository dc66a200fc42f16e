#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
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

// Holds its first sync until it is let go on.
class HeldDisk final : public CommitTarget {
 public:
  Result<std::uint64_t> sync_all(bool strict) noexcept override {
    const bool is_first = ++syncs == 1;
    if (is_first) goes_on.wait(false);
    if (strict) ++strict_syncs;
    if (fails) return make_error(Status::kIo, "disk");
    return is_first ? kFirstReaches : appended.load();
  }
  void go_on() {
    goes_on = true;
    goes_on.notify_one();
  }
  static constexpr std::uint64_t kFirstReaches = 10;
  std::atomic<std::uint64_t> appended{20}, syncs{0}, strict_syncs{0};
  std::atomic<bool> goes_on{false}, fails{false};
};

// A thread that leads a sync of HeldDisk's, and others that come meanwhile, one after the other.
class LateComers {
 public:
  explicit LateComers(GroupCommit::Duration least_patience = {}) : commit(disk, least_patience) {
    threads_.emplace_back([this] {
      statuses_[0] = status_of(commit.commit(1, 0, false));
      if (!comes_back) return;
      // Time for another to take the lead, as most often happens.
      for (int i = 0; i < 10'000; ++i) std::this_thread::yield();
      statuses_[0] = status_of(commit.commit(++disk.appended, 0, false));
    });
  }
  ~LateComers() { join(); }
  void add(std::uint64_t tail, bool strict) {
    while (disk.syncs == 0) std::this_thread::yield();
    const std::size_t i = threads_.size();
    threads_.emplace_back([=, this] { statuses_[i] = status_of(commit.commit(tail, 0, strict)); });
    while (commit.waiter_count() != i) std::this_thread::yield();
  }
  std::vector<Status> join() {
    for (std::thread& thread : threads_) thread.join();
    const std::size_t count = threads_.size();
    threads_.clear();
    return {statuses_.begin(), statuses_.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  HeldDisk disk;
  GroupCommit commit;
  std::atomic<bool> comes_back{false};  // the one who leads first

 private:
  static Status status_of(const Result<void>& result) { return result ? Status::kOk : result.error().status; }
  std::array<Status, 16> statuses_{};
  std::vector<std::thread> threads_;
};

TEST(GroupCommitTest, OneSyncServesAllWhoCameDuringTheOneBefore) {
  LateComers late;
  for (std::uint64_t tail = 11; tail < 19; ++tail) late.add(tail, false);
  late.disk.go_on();
  EXPECT_EQ(late.join(), std::vector(9, Status::kOk));
  EXPECT_EQ(late.disk.syncs, 2u);
}

TEST(GroupCommitTest, ALeaderWaitsForThoseWhoComeBack) {
  LateComers late(std::chrono::hours(1));
  late.comes_back = true;
  for (std::uint64_t tail = 11; tail < 14; ++tail) late.add(tail, false);
  late.disk.go_on();
  EXPECT_EQ(late.join(), std::vector(4, Status::kOk));
  EXPECT_EQ(late.disk.syncs, 2u);
}

TEST(GroupCommitTest, OneAloneWaitsForNobody) {
  FakeDisk disk;
  GroupCommit commit(disk, std::chrono::hours(1));
  for (int round = 0; round < 3; ++round) ASSERT_TRUE(commit.commit(++disk.appended, 0, false));
  EXPECT_EQ(disk.syncs, 3u);
}

TEST(GroupCommitTest, WhoNeedsTheLeadNoMorePassesItOn) {
  for (int needy = 0; needy < 4; ++needy) {  // whichever of them is woken
    LateComers late;
    for (int i = 0; i < 4; ++i) late.add(i == needy ? 20 : 10, false);
    late.disk.go_on();
    EXPECT_EQ(late.join(), std::vector(5, Status::kOk));
    EXPECT_EQ(late.disk.syncs, 2u);
  }
}

TEST(GroupCommitTest, OneWhoNeedsAStrictSyncIsServedByTheNextWhoeverLeadsIt) {
  LateComers late;
  for (int i = 0; i < 4; ++i) late.add(20, false);
  late.add(20, true);
  late.disk.go_on();
  EXPECT_EQ(late.join(), std::vector(6, Status::kOk));
  EXPECT_EQ(late.disk.syncs, 2u);
  EXPECT_EQ(late.disk.strict_syncs, 1u);
}

TEST(GroupCommitTest, AFailureReachesAllWhoWait) {
  LateComers late;
  for (std::uint64_t i = 0; i < 8; ++i) late.add(11 + i, i % 2 == 0);
  late.disk.fails = true;
  late.disk.go_on();
  EXPECT_EQ(late.join(), std::vector(9, Status::kIo));
  EXPECT_EQ(late.disk.syncs, 1u);
}

// Committers of both kinds, beside one who replaces the file.
TEST(GroupCommitTest, NobodyIsForgottenBesideCompactions) {
  FakeDisk disk;
  GroupCommit commit(disk);
  std::mutex write_lock;
  std::atomic<int> working{8};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 500; ++round) {
        std::unique_lock lock(write_lock);
        const std::uint64_t tail = ++disk.appended;
        const std::uint64_t epoch = commit.epoch();
        lock.unlock();
        ASSERT_TRUE(commit.commit(tail, epoch, (i + round) % 5 == 0));
        ASSERT_GE(disk.durable, tail);
      }
      --working;
    });
  }
  for (int round = 0; working != 0; ++round) {
    commit.acquire();
    const std::lock_guard lock(write_lock);
    if (round % 2 == 0) {
      commit.release();
    } else {
      disk.durable = disk.appended.load();
      commit.release_replaced(disk.appended, true);
    }
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(disk.durable, 4000u);
}

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
