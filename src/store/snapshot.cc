#include "store/snapshot.h"

#include <algorithm>
#include <new>

#include "platform/read_section.h"

namespace simdr::core {

std::uint64_t Snapshot::replaced_offset(std::uint64_t key_hash) const {
  if (!has_notes_.load(std::memory_order_acquire)) return 0;
  const std::lock_guard lock(mutex_);
  const auto found = moves_.find(key_hash);
  if (found == moves_.end() || found->second.successor_offset < tail_) return 0;
  return found->second.replaced_offset;
}

// Loaded under the lock that note() takes: a note that came before is of an entry below this tail.
void Snapshot::fix_tail(const std::atomic<std::uint64_t>& tail) {
  const std::lock_guard lock(mutex_);
  tail_ = tail.load(std::memory_order_acquire);
}

void Snapshot::note(std::uint64_t key_hash, const Succession& move) noexcept {
  const std::lock_guard lock(mutex_);
  if (move.replaced_offset >= tail_) return;  // written after the snapshot was taken: not in it
  try {
    // Once the tail is fixed a key has one such move at most. Until then the tail will be no lower than where the writer has it now, and whatever
    // replaced the key's entry before lies below that.
    moves_.insert_or_assign(key_hash, move);
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

void SnapshotRegistry::note(std::uint64_t key_hash, const Succession& move, std::uint64_t tail) noexcept {
  // Replaced within one batch, which is below a tail as a whole or not at all: live in no snapshot.
  if (move.replaced_offset >= tail) return;
  const std::lock_guard lock(mutex_);
  for (Snapshot* snapshot : snapshots_) snapshot->note(key_hash, move);
}

}  // namespace simdr::core
