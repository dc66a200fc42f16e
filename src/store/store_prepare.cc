// What comes before the first write of a session.
#include <vector>

#include "store/store.h"

namespace simdr::core {

// Before the first write, what others may have left unsynced goes to the disk: the durable mark in our guard must be true, since recovery
// does not check what lies below it.
Result<void> Store::prepare_writer() {
  if (tail() != 0) {
    figures_.sync_count.fetch_add(1, std::memory_order_relaxed);
    if (Result<void> synced = image().file().sync_data(); !synced) return remember_failure(synced.error());
  }
  if (Result<void> restored = write_veiled_anew(); !restored) return restored;
  writer_prepared_ = true;
  return {};
}

// Recovery showed these keys as they were before a newer value was torn, or as absent. The torn one is still the newest in the chain, and
// once the file is closed in good order nobody looks for damage any more: so what was shown is made the newest. Until that is on the
// disk the guard tells the next recovery to look again.
Result<void> Store::write_veiled_anew() {
  FileImage& now = image();
  const Result<std::vector<WriteOp>> ops = now.unveiling(tail());
  if (!ops) return ops.error();
  if (ops->empty()) return {};
  const Result<Appended> appended = append_all(*ops, Durability::kNone);
  if (!appended) return appended.error();
  AppendRegion& region = appender_->region();
  Result<void> kept = region.mark_synced(appended->tail);
  if (kept) kept = now.file().sync_data();
  if (kept) kept = region.mark_durable(appended->tail);
  if (kept) kept = region.forget_torn();
  if (!kept) return remember_failure(kept.error());
  figures_.sync_count.fetch_add(1, std::memory_order_relaxed);
  figures_.durable_tail.store(appended->tail, std::memory_order_relaxed);
  return {};
}

}  // namespace simdr::core
