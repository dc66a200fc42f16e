// What was asked to be on the disk, outside of the write lock while it gets there.
#include "store/store.h"

namespace simdr::core {

// The leader's part of a group commit. Data and guard are on the disk after one sync, in any order: recovery checks what lies above
// the durable mark. STRICT lets nobody find an entry in the guard whose bytes are not there yet.
Result<std::uint64_t> Store::sync_all(bool strict) noexcept {
  Turn turn(write_mutex_);
  if (writer_failed_) return failure_;
  std::uint64_t target = strict ? appender_->tail() : appender_->region().published_tail();
  AppendRegion& region = appender_->region();
  const bool sync_folder = folder_sync_pending_;
  const std::shared_ptr<FileImage> now = shared_image();
  Result<void> marked = strict ? Result<void>{} : region.mark_synced(target);
  if (!marked) return remember_failure(marked.error());
  turn.unlock();

  Result<void> synced = now->file().sync_data();
  if (synced && sync_folder) synced = files_.sync_folder_of(real_path_);

  turn.lock();
  figures_.sync_count.fetch_add(1, std::memory_order_relaxed);
  if (!synced) return remember_failure(synced.error());
  // A write that synced its window meanwhile may have been told of a failure in our place: the system tells only one.
  if (writer_failed_) return failure_;
  folder_sync_pending_ = false;
  if (strict) {
    // Others may have published further meanwhile; the mark never goes back.
    if (region.published_tail() < target) marked = region.publish(target);
    if (marked) marked = region.mark_synced(target);
  }
  if (marked) marked = region.mark_durable(target);
  if (!marked) return remember_failure(marked.error());
  figures_.durable_tail.store(region.durable_tail(), std::memory_order_relaxed);
  if (!strict) return target;
  turn.unlock();

  synced = now->file().sync_data();
  turn.lock();
  figures_.sync_count.fetch_add(1, std::memory_order_relaxed);
  if (!synced) return remember_failure(synced.error());
  if (writer_failed_) return failure_;
  return target;
}

Result<void> Store::sync(Durability durability) {
  const Durability wanted = durability_or_default(durability);
  std::uint64_t tail;
  std::uint64_t epoch;
  {
    Result<Turn> turn = begin_write();
    if (!turn) return turn.error();
    tail = appender_->tail();
    epoch = group_commit_.epoch();
  }
  return group_commit_.commit(tail, epoch, wanted == Durability::kStrict);
}

}  // namespace simdr::core
