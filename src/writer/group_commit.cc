#include "writer/group_commit.h"

#include <algorithm>

namespace simdr::core {

// Somebody of the cohort that waits for a sync which nobody leads yet, if there is anybody, and whoever wants to own it all.
void GroupCommit::wake_leader() noexcept {
  cohort_of(begun_ + 1).notify_one();
  owners_.notify_all();
}

void GroupCommit::wake_all() noexcept {
  for (std::condition_variable& cohort : cohorts_) cohort.notify_all();
  owners_.notify_all();
}

Result<void> GroupCommit::commit(std::uint64_t tail, std::uint64_t epoch, bool strict) {
  std::unique_lock lock(mutex_);
  for (std::uint64_t awaited = 0;;) {
    const bool is_done = !awaits_name_ && (epoch != epoch_ || tail <= (strict ? strict_tail_ : durable_tail_));
    // Never tried again after a failure: the kernel may have dropped the pages that it could not write, and would report success.
    if (is_done || failed_) {
      // Woken to lead, perhaps, and without need of it: another has to.
      if (awaited != 0 && !has_leader_) wake_leader();
      if (is_done) return {};
      return failure_;
    }
    if (!has_leader_) break;
    if (awaited <= ended_) awaited = begun_ + 1;
    wait_for(awaited, strict, lock);
  }
  has_leader_ = true;
  const std::uint64_t sync = ++begun_;
  // For all of the cohort: who needs a strict one might else find another leader each time.
  strict = strict || strict_waiters_ != 0;
  lock.unlock();
  const Result<std::uint64_t> reached = target_.sync_all(strict);
  lock.lock();
  has_leader_ = false;
  ended_ = sync;
  if (!reached) {
    failed_ = true;
    failure_ = reached.error();
    wake_all();
    return reached.error();
  }
  awaits_name_ = false;
  durable_tail_ = std::max(durable_tail_, *reached);
  if (strict) strict_tail_ = std::max(strict_tail_, *reached);
  // The disk first: the next sync can be under way while this one's cohort wakes.
  wake_leader();
  lock.unlock();
  cohort_of(sync).notify_all();
  return {};
}

void GroupCommit::wait_for(std::uint64_t sync, bool strict, std::unique_lock<std::mutex>& lock) {
  ++waiters_;
  if (strict) ++strict_waiters_;
  cohort_of(sync).wait(lock);
  --waiters_;
  if (strict) --strict_waiters_;
}

std::uint32_t GroupCommit::waiter_count() noexcept {
  const std::lock_guard lock(mutex_);
  return waiters_;
}

void GroupCommit::acquire() {
  std::unique_lock lock(mutex_);
  owners_.wait(lock, [&] { return !has_leader_; });
  has_leader_ = true;
}

void GroupCommit::release() {
  const std::lock_guard lock(mutex_);
  has_leader_ = false;
  wake_leader();
}

void GroupCommit::release_replaced(std::uint64_t tail, bool has_durable_name) {
  const std::lock_guard lock(mutex_);
  has_leader_ = false;
  ++epoch_;
  durable_tail_ = tail;
  strict_tail_ = tail;
  awaits_name_ = !has_durable_name;
  wake_all();
}

}  // namespace simdr::core
