// Makes appended entries survive a power cut, with as few syncs as the disk allows: the first thread that needs one becomes
// the leader and syncs for all that were appended when it began; the others wait for it, and the first of those it did not
// cover leads the next. What is to be done before and after each sync is the owner's (CommitTarget).
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/status.h"

namespace simdr::core {

class CommitTarget {
 public:
  // Called by the leader alone, without GroupCommit's lock. Makes everything that is appended now survive, strictly or
  // not, and returns the tail it reached.
  virtual Result<std::uint64_t> sync_all(bool strict) noexcept = 0;

 protected:
  ~CommitTarget() = default;
};

class GroupCommit {
 public:
  explicit GroupCommit(CommitTarget& target) noexcept : target_(target) {}

  // Returns when everything below `tail` survives that was published when the sync began: what a STRICT write has appended and not published
  // is for its own commit to wait for. `epoch` is epoch() as it was when the tail was appended.
  Result<void> commit(std::uint64_t tail, std::uint64_t epoch, bool strict);

  // The owner is about to replace the file by one whose entries all survive (compaction): waits for a sync under way and holds off
  // others until release(). Take it before the store's write lock: a leader takes that lock itself.
  void acquire();
  void release();
  // The same when the file was replaced, up to `tail`: commits of earlier epochs are done. Unless the new file's name may not be on
  // the disk yet: then nothing survives before the next sync_all().
  void release_replaced(std::uint64_t tail, bool has_durable_name);
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }  // changes under the store's write lock only
  // Threads that wait in commit().
  [[nodiscard]] std::uint32_t waiter_count() noexcept;

 private:
  // By the number of the sync that they wait for. Two are awaited at a time: the one under way and the one after.
  [[nodiscard]] std::condition_variable& cohort_of(std::uint64_t sync) noexcept {
    return cohorts_[sync % cohorts_.size()];
  }
  void wait_for(std::uint64_t sync, bool strict, std::unique_lock<std::mutex>& lock);
  void wake_leader() noexcept;
  void wake_all() noexcept;

  CommitTarget& target_;
  std::mutex mutex_;
  std::array<std::condition_variable, 2> cohorts_;
  std::condition_variable owners_;  // those in acquire()
  bool has_leader_ = false;
  std::uint64_t begun_ = 0;  // syncs; the number of the last
  std::uint64_t ended_ = 0;
  std::uint32_t waiters_ = 0, strict_waiters_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t durable_tail_ = 0;
  std::uint64_t strict_tail_ = 0;
  bool awaits_name_ = false;
  bool failed_ = false;
  Error failure_;
};

}  // namespace simdr::core
