#include "store/snapshot.h"

#include <algorithm>
#include <new>

#include "platform/read_section.h"

namespace simdr::core {

std::uint64_t Snapshot::replaced_offset(std::uint64_t key_hash) const {
  if (!has_notes_.load(std::memory_order_acquire)) return 0;
  const std::lock_guard lock(mutex_);
  const auto found = replaced_.find(key_hash);
  return found == replaced_.end() ? 0 : found->second;
}

// Loaded under the lock that note() takes: a note that came before is of an entry below this tail.
void Snapshot::fix_tail(const std::atomic<std::uint64_t>& tail) {
  const std::lock_guard lock(mutex_);
  tail_ = tail.load(std::memory_order_acquire);
}

void Snapshot::note(std::uint64_t key_hash, std::uint64_t offset) noexcept {
  const std::lock_guard lock(mutex_);
  if (offset >= tail_) return;  // written after the snapshot was taken: not in it
  try {
    // Offsets of one key only grow, and what was noted before the tail was fixed may have had successors below it.
    std::uint64_t& newest = replaced_[key_hash];
    newest = std::max(newest, offset);
    has_notes_.store(true, std::memory_order_release);
  } catch (const std::bad_alloc&) {
    is_broken_.store(true, std::memory_order_release);
  }
}

void SnapshotRegistry::add(Snapshot* snapshot, const std::atomic<std::uint64_t>& tail) {
  {
    const std::lock_guard lock(mutex_);
    snapshots_.push_back(snapshot);
    count_.store(snapshots_.size(), std::memory_order_seq_cst);
  }
  wait_for_readers();
  snapshot->fix_tail(tail);
}

void SnapshotRegistry::remove(Snapshot* snapshot) noexcept {
  const std::lock_guard lock(mutex_);
  snapshots_.erase(std::remove(snapshots_.begin(), snapshots_.end(), snapshot), snapshots_.end());
  count_.store(snapshots_.size(), std::memory_order_release);
}

void SnapshotRegistry::note(std::uint64_t key_hash, std::uint64_t offset) noexcept {
  const std::lock_guard lock(mutex_);
  for (Snapshot* snapshot : snapshots_) snapshot->note(key_hash, offset);
}

}  // namespace simdr::core
