// Makes appended entries survive a power cut, with as few syncs as the disk allows: the first thread that needs one becomes
// the leader and syncs for all that were appended when it began; the others wait for it, and the first of those it did not
// cover leads the next. What is to be done before and after each sync is the owner's (CommitTarget).
//
// Who comes while a sync is under way may be too late for it, and waits for the one after. Those who wait for the same sync are a cohort, and
// are woken together when it is done, which all of them can use; of the next cohort, one is woken, to lead. With one condition for all,
// most of those who woke had to wait again, and 64 threads had the CPUs busy with that.
//
// Threads that write without a pause are back soon after a sync has let them go, and just too late if the next has begun: each sync would
// serve half of them. So a leader waits for as many as the last sync let go, for at most half of the time that it took, or 2 ms. Where
// fewer than half of them came, the next sixteen leaders do not wait. One thread alone never does.
#pragma once

#include <array>
#include <chrono>
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
  using Duration = std::chrono::steady_clock::duration;
  // A leader's patience is `least_patience` or what is said above, whichever is longer.
  explicit GroupCommit(CommitTarget& target, Duration least_patience = {}) noexcept
      : target_(target), least_patience_(least_patience) {}

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
  // Threads that wait for the sync which has not begun.
  [[nodiscard]] std::uint32_t waiter_count() noexcept;

 private:
  // By the number of the sync that they wait for. Two are awaited at a time: the one under way and the one after.
  [[nodiscard]] std::condition_variable& cohort_of(std::uint64_t sync) noexcept {
    return cohorts_[sync % cohorts_.size()];
  }
  void wait_for_others(bool was_woken, std::unique_lock<std::mutex>& lock);
  void join_next(bool strict) noexcept;
  void wake_leader() noexcept;
  void wake_all() noexcept;

  CommitTarget& target_;
  std::mutex mutex_;
  std::array<std::condition_variable, 2> cohorts_;
  std::condition_variable owners_;  // those in acquire()
  bool has_leader_ = false;
  std::uint64_t begun_ = 0;  // syncs; the number of the last
  std::uint64_t ended_ = 0;
  std::uint32_t joined_ = 0, strict_joined_ = 0;  // those who wait for the sync that has not begun

  // How its leader waits for more of them.
  std::condition_variable others_came_;
  std::uint32_t wanted_ = 0;  // of joined_; 0: no leader waits
  std::uint32_t let_go_ = 0;  // by the last sync
  std::uint32_t syncs_without_waiting_ = 0;
  const Duration least_patience_;
  Duration patience_{};

  std::uint64_t epoch_ = 0;
  std::uint64_t durable_tail_ = 0;
  std::uint64_t strict_tail_ = 0;
  bool awaits_name_ = false;
  bool failed_ = false;
  Error failure_;
};

}  // namespace simdr::core
