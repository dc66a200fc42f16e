#include "writer/group_commit.h"

#include <algorithm>

namespace simdr::core {

Result<void> GroupCommit::commit(std::uint64_t tail, std::uint64_t epoch, bool strict) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!awaits_name_ && (epoch != epoch_ || tail <= (strict ? strict_tail_ : durable_tail_))) return {};
    // Never tried again after a failure: the kernel may have dropped the pages that it could not write, and would report success.
    if (failed_) return failure_;
    if (!has_leader_) break;
    changed_.wait(lock);
  }
  has_leader_ = true;
  lock.unlock();
  const Result<std::uint64_t> reached = target_.sync_all(strict);
  lock.lock();
  has_leader_ = false;
  if (reached) {
    awaits_name_ = false;
    durable_tail_ = std::max(durable_tail_, *reached);
    if (strict) strict_tail_ = std::max(strict_tail_, *reached);
  } else {
    failed_ = true;
    failure_ = reached.error();
  }
  changed_.notify_all();
  if (!reached) return reached.error();
  return {};
}

void GroupCommit::acquire() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !has_leader_; });
  has_leader_ = true;
}

void GroupCommit::release() {
  const std::lock_guard lock(mutex_);
  has_leader_ = false;
  changed_.notify_all();
}

void GroupCommit::release_replaced(std::uint64_t tail, bool has_durable_name) {
  const std::lock_guard lock(mutex_);
  has_leader_ = false;
  ++epoch_;
  durable_tail_ = tail;
  strict_tail_ = tail;
  awaits_name_ = !has_durable_name;
  changed_.notify_all();
}

}  // namespace simdr::core
