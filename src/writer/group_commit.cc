#include "writer/group_commit.h"

#include <algorithm>
#include <utility>

namespace simdr::core {

// Who has not come back by then is busy with something else, however slow the disk is.
constexpr std::chrono::milliseconds kMostPatience{2};

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
  std::uint64_t awaited = 0;  // the number of a sync
  for (;;) {
    const bool is_done = !awaits_name_ && (epoch != epoch_ || tail <= (strict ? strict_tail_ : durable_tail_));
    // Never tried again after a failure: the kernel may have dropped the pages that it could not write, and would report success.
    if (is_done || failed_) {
      // Woken to lead, perhaps, and without need of it: another has to.
      if (awaited != 0 && !has_leader_) wake_leader();
      if (is_done) return {};
      return failure_;
    }
    if (!has_leader_) break;
    if (awaited <= ended_) {
      awaited = begun_ + 1;
      join_next(strict);
    }
    cohort_of(awaited).wait(lock);
  }
  has_leader_ = true;
  if (awaited <= ended_) join_next(strict);
  wait_for_others(awaited != 0, lock);
  const std::uint64_t sync = ++begun_;
  const std::uint32_t served = std::exchange(joined_, 0);
  // For all of the cohort: who needs a strict one might else find another leader each time.
  strict = std::exchange(strict_joined_, 0) != 0;
  lock.unlock();
  const auto began = std::chrono::steady_clock::now();
  const Result<std::uint64_t> reached = target_.sync_all(strict);
  const auto took = std::chrono::steady_clock::now() - began;
  lock.lock();
  has_leader_ = false;
  ended_ = sync;
  let_go_ = served;
  patience_ = std::max(least_patience_, std::min<Duration>(took / 2, kMostPatience));
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

void GroupCommit::join_next(bool strict) noexcept {
  ++joined_;
  if (strict) ++strict_joined_;
  if (joined_ == wanted_) others_came_.notify_one();
}

// The leader's, before its sync has a number: who comes now is of its cohort.
void GroupCommit::wait_for_others(bool was_woken, std::unique_lock<std::mutex>& lock) {
  const std::uint32_t expected = was_woken ? let_go_ : std::max(let_go_, 1u) - 1;  // who was not woken is one of them
  if (expected == 0) return;
  if (syncs_without_waiting_ != 0) {
    --syncs_without_waiting_;
    return;
  }
  const std::uint32_t before = joined_;
  wanted_ = before + expected;
  others_came_.wait_for(lock, patience_, [&] { return joined_ >= wanted_; });
  wanted_ = 0;
  constexpr std::uint32_t kWithoutWaiting = 16;
  if (joined_ - before < (expected + 1) / 2) syncs_without_waiting_ = kWithoutWaiting;
}

std::uint32_t GroupCommit::waiter_count() noexcept {
  const std::lock_guard lock(mutex_);
  return joined_;
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
