// Writing: a turn under the write lock in which the file, then the index, move on; then, outside of it, the sync that was asked for.
#include <atomic>
#include <thread>
#include <utility>

#include "store/store.h"

namespace simdr::core {

Result<void> check_payload_allowed(ByteView payload) noexcept {
  if (payload.empty()) return make_error(Status::kEmptyPayload, "value: an empty payload cannot be stored");
  if (payload.size() == 1 && payload[0] == kTombstoneByte) {
    return make_error(Status::kTombstonePayload,
                      "value: the one-byte payload 0x00 cannot be stored, since it marks a deleted key");
  }
  return {};
}

Result<void> check_hash_allowed(std::uint64_t key_hash) noexcept {
  if (!is_guards_key_hash(key_hash)) return {};
  return make_error(Status::kReservedHash, "key: its hash %016llx is reserved by the file format",
                    static_cast<unsigned long long>(key_hash));
}

Result<void> Store::check_writable() const {
  if (is_read_only()) return make_error(Status::kReadOnly, "%s: the store was opened read-only", path_.c_str());
  if (canary_.in_child()) {
    return make_error(Status::kForked, "%s: opened for writing before fork(); a child must open it itself",
                      path_.c_str());
  }
  return {};
}

Result<Store::Turn> Store::begin_write() {
  if (Result<void> writable = check_writable(); !writable) return writable.error();
  Turn turn(write_mutex_);
  while (reservation_open_) [[unlikely]] {
    if (reservation_owner_ == std::this_thread::get_id()) {
      return make_error(Status::kBadState, "this thread holds a reservation: commit or abort it before another write");
    }
    reservation_ended_.wait(turn);
  }
  if (writer_failed_) [[unlikely]]
    return failure_;
  if (!writer_prepared_) [[unlikely]] {
    if (Result<void> prepared = prepare_writer(); !prepared) return prepared.error();
  }
  return turn;
}

// After these the file on the disk is no longer known; the handle writes no more.
Error Store::remember_failure(const Error& error) noexcept {
  writer_failed_ = true;
  failure_ = error;
  failure_.status = Status::kWriterFailed;
  settings_.log.say(LogLevel::kError, failure_.message);
  return failure_;
}

namespace {

Result<void> map_room_behind(std::uint64_t tail, std::uint64_t payload_size, FileImage& image) {
  if (payload_size >= kMaxStoreSize || tail_after_value(tail, payload_size) >= kMaxStoreSize) {
    return make_error(Status::kTooLarge,
                      "value: %llu bytes behind the store's %llu would end past the format's limit of 2^48",
                      static_cast<unsigned long long>(payload_size), static_cast<unsigned long long>(tail));
  }
  return image.ensure_mapped(tail_after_value(tail, payload_size));
}

}  // namespace

// All that can fail for want of memory or address space happens here, before a byte is written.
Result<void> Store::ready_for(std::uint64_t key_hash, std::uint64_t payload_size) {
  FileImage& now = image();
  if (Result<void> mapped = map_room_behind(appender_->tail(), payload_size, now); !mapped) return mapped;
  if (!now.index.reserve(now.mapped()->bytes(), key_hash)) {
    return make_error(Status::kNoMemory, "out of memory for the key index");
  }
  return {};
}

Result<std::uint64_t> Store::append_op(const WriteOp& op) {
  return op.is_removal ? appender_->append_tombstone(op.key_hash) : appender_->append_value(op.key_hash, op.payload);
}

// STRICT publishes after the data are on the disk, in sync_all().
Result<void> Store::publish(Durability durability) {
  if (durability == Durability::kStrict) return {};
  Result<void> published = appender_->publish();
  if (!published) return remember_failure(published.error());
  return published;
}

// In a read section (see store/snapshot.h), after the entry was published.
void Store::index_op(const WriteOp& op, std::uint64_t trailer_offset, std::uint64_t payload_size) noexcept {
  FileImage& now = image();
  const ByteView file = now.mapped()->bytes();
  now.tally.add_entries(1);
  if (now.snapshots.active()) [[unlikely]] {
    const std::uint64_t old = now.index.find(file, op.key_hash);
    if (old != KeyIndex::kAbsent) now.snapshots.note(op.key_hash, {old, trailer_offset}, now.tail);
  }
  std::uint64_t previous;
  if (op.is_removal) {
    add_alone(now.tally.tombstone_count, 1);
    previous = now.index.erase(file, op.key_hash);
  } else {
    previous = now.index.put(file, op.key_hash, trailer_offset);
    now.tally.add_live(payload_size);
  }
  if (previous != KeyIndex::kAbsent) now.forget_live(previous);
}

Result<Store::Appended> Store::append_one(const WriteOp& op, Durability durability) {
  // A removal takes no room in the index, so that keys can be removed when there is no memory for more.
  const Result<void> ready = op.is_removal ? map_room_behind(appender_->tail(), sizeof kTombstoneByte, image())
                                           : ready_for(op.key_hash, op.payload.size());
  if (!ready) return ready.error();
  const std::uint64_t before = appender_->tail();
  return complete_append(op, append_op(op), op.payload.size(), before, durability);
}

// What follows a single entry that was appended at `before`, or that could not be.
Result<Store::Appended> Store::complete_append(const WriteOp& op, const Result<std::uint64_t>& trailer,
                                               std::uint64_t payload_size, std::uint64_t before,
                                               Durability durability) {
  if (!trailer) return take_back(before, trailer.error());
  if (Result<void> published = publish(durability); !published) return published.error();
  {
    const ReadSection section;
    index_op(op, *trailer, payload_size);
    image().tail.store(appender_->tail(), std::memory_order_release);
  }
  count_append(1, before);
  return Appended{appender_->tail(), group_commit_.epoch()};
}

void Store::count_append(std::uint64_t entries, std::uint64_t before) noexcept {
  add_alone(figures_.put_count, entries);
  AppendRegion::Counts counts = appender_->region().take_counts();
  if (counts.windows != 0) [[unlikely]]
    add_alone(figures_.window_count, counts.windows);
  if (counts.syncs != 0) [[unlikely]]
    figures_.sync_count.fetch_add(counts.syncs, std::memory_order_relaxed);
  add_alone(figures_.written_size, appender_->tail() - before);
}

Error Store::take_back(std::uint64_t before, const Error& why) noexcept {
  appender_->rewind(before);
  return why.status == Status::kWriterFailed ? remember_failure(why) : why;
}

Result<std::uint64_t> Store::finish_write(Turn turn, const Result<Appended>& appended, Durability durability) {
  if (!appended) return appended.error();
  turn.unlock();
  return commit(*appended, durability);
}

// Without the write lock: a leader takes it.
Result<std::uint64_t> Store::commit(const Appended& appended, Durability durability) {
  if (durability != Durability::kNone) {
    const bool strict = durability == Durability::kStrict;
    if (Result<void> done = group_commit_.commit(appended.tail, appended.epoch, strict); !done) return done.error();
  }
  return appended.tail;
}

Result<std::uint64_t> Store::put_in_turn(std::uint64_t key_hash, ByteView payload, Durability durability) {
  if (Result<void> allowed = check_hash_allowed(key_hash); !allowed) return allowed.error();
  if (Result<void> allowed = check_payload_allowed(payload); !allowed) return allowed.error();
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  return finish_write(*std::move(turn), append_one({key_hash, payload}, durability), durability);
}

// All of a put in one function without a call but for the kernel: it is the number of instructions that a small one costs.
Store::Appended Store::put_at_once(std::uint64_t key_hash, ByteView payload) noexcept {
  constexpr Appended kNotDone{0, 0};
  if (is_guards_key_hash(key_hash) || !is_payload_allowed(payload) || is_read_only() || canary_.in_child()) [[unlikely]]
    return kNotDone;
  const std::lock_guard turn(write_mutex_);
  if (!writer_prepared_ || writer_failed_ || reservation_open_) [[unlikely]]
    return kNotDone;
  FileImage& now = image();
  const ByteView file = now.mapped()->bytes();
  const KeyIndex::Spot spot = now.index.spot_for(file, key_hash);
  if (!spot) [[unlikely]]
    return kNotDone;
  const std::uint64_t before = appender_->tail();
  const std::uint64_t trailer = appender_->put_in_window(key_hash, payload, file.size());
  if (trailer == 0) [[unlikely]]
    return kNotDone;
  const std::uint64_t tail = trailer + kTrailerSize;
  const std::uint64_t previous = spot.previous();
  now.tally.add_entries(1);
  {
    const ReadSection section;
    if (now.snapshots.active()) [[unlikely]] {
      if (previous != KeyIndex::kAbsent) now.snapshots.note(key_hash, {previous, trailer}, before);
    }
    now.index.put_at(spot, trailer);
    now.tail.store(tail, std::memory_order_release);
  }
  now.tally.add_live(payload.size());
  if (previous != KeyIndex::kAbsent) now.forget_live(previous);
  add_alone(figures_.put_count, 1);
  add_alone(figures_.written_size, tail - before);
  return {tail, group_commit_.epoch()};
}

Result<std::uint64_t> Store::remove(std::uint64_t key_hash, Durability durability) {
  durability = durability_or_default(durability);
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  if (now.index.find(now.mapped()->bytes(), key_hash) == KeyIndex::kAbsent) {
    return make_error(Status::kNotFound, "no entry to remove");
  }
  return finish_write(*std::move(turn), append_one({key_hash, {}, true}, durability), durability);
}

Result<std::uint64_t> Store::put_spooled(std::uint64_t key_hash, Spool& spool, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> finished = spool.finish(); !finished) return finished.error();
  if (!spool.in_file()) return put(key_hash, spool.memory(), durability);
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  if (Result<void> ready = ready_for(key_hash, spool.size()); !ready) return ready.error();
  const std::uint64_t before = appender_->tail();
  const Result<std::uint64_t> trailer = appender_->append_spooled(key_hash, spool);
  return finish_write(*std::move(turn), complete_append({key_hash, {}}, trailer, spool.size(), before, durability),
                      durability);
}

}  // namespace simdr::core
