// Writing: a turn under the write lock in which the file, then the index, move on; then, outside of it, the sync that was asked for.
#include <algorithm>
#include <chrono>
#include <new>
#include <unordered_set>
#include <vector>

#include "store/store.h"

namespace simdr::core {

namespace {

// Keeps a mapping for a while. Only where the owner's own references cannot go meanwhile: under the write lock.
class MappingHold {
 public:
  explicit MappingHold(MappedFile* mapped) noexcept : mapped_(mapped) { mapped_->add_ref(0); }
  ~MappingHold() { mapped_->drop_ref(0); }
  MappingHold(const MappingHold&) = delete;
  MappingHold& operator=(const MappingHold&) = delete;

 private:
  MappedFile* mapped_;
};

}  // namespace

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

// Before the first write, what others may have left unsynced goes to the disk: the durable mark in our guard must be true, since recovery
// does not check what lies below it.
Result<void> Store::prepare_writer() {
  if (tail() != 0) {
    figures_.sync_count.fetch_add(1, std::memory_order_relaxed);
    if (Result<void> synced = image().file().sync_data(); !synced) return remember_failure(synced.error());
  }
  writer_prepared_ = true;
  if (veiled_.empty()) return {};
  Result<void> restored = write_veiled_anew();
  writer_prepared_ = bool(restored);
  return restored;
}

// Recovery showed these keys as they were before a newer value was torn, or as absent. The torn one is still the newest in the chain, and
// once the file is closed in good order nobody looks for damage any more: so what was shown is made the newest.
Result<void> Store::write_veiled_anew() {
  FileImage& now = image();
  std::sort(veiled_.begin(), veiled_.end());
  veiled_.erase(std::unique(veiled_.begin(), veiled_.end()), veiled_.end());
  std::vector<WriteOp> ops;
  MappedFile* mapped = now.mapped();
  for (const std::uint64_t key_hash : veiled_) {
    EntryRecord record;
    const Status status = now.find(key_hash, &record, &mapped);
    if (status == Status::kOk) {
      const ByteView payload = mapped->bytes().subspan(static_cast<std::size_t>(record.payload_offset),
                                                       static_cast<std::size_t>(record.payload_size()));
      ops.push_back({key_hash, payload});
    } else if (status == Status::kNotFound) {
      ops.push_back({key_hash, {}, true});
    }
  }
  // The mapping may be replaced by a longer one while we append from it.
  const MappingHold hold(mapped);
  const Result<Appended> appended = append_all(ops, Durability::kNone);
  if (!appended) return appended.error();
  veiled_ = {};
  return {};
}

// After these the file on the disk is no longer known; the handle writes no more.
Error Store::remember_failure(const Error& error) noexcept {
  writer_failed_ = true;
  failure_ = error;
  failure_.status = Status::kWriterFailed;
  settings_.log.say(LogLevel::kError, failure_.message);
  return failure_;
}

// All that can fail for want of memory or address space happens here, before a byte is written.
Result<void> Store::ready_for(std::uint64_t key_hash, std::uint64_t payload_size) {
  FileImage& now = image();
  if (payload_size >= kMaxStoreSize) {
    return make_error(Status::kTooLarge, "value: %llu bytes pass the format's limit of 2^48",
                      static_cast<unsigned long long>(payload_size));
  }
  if (Result<void> mapped = now.ensure_mapped(tail_after_value(appender_->tail(), payload_size)); !mapped)
    return mapped;
  if (!now.index.reserve(now.mapped()->bytes(), &key_hash, 1)) {
    return make_error(Status::kNoMemory, "out of memory for the key index");
  }
  return {};
}

Result<void> Store::ready_for(std::span<const WriteOp> ops) {
  std::uint64_t tail = appender_->tail();
  std::vector<std::uint64_t> hashes;
  hashes.reserve(ops.size());
  for (const WriteOp& op : ops) {
    if (op.payload.size() >= kMaxStoreSize - tail) {
      return make_error(Status::kTooLarge, "the batch would end past the format's limit of 2^48 bytes");
    }
    tail = op.is_removal ? tail_after_tombstone(tail) : tail_after_value(tail, op.payload.size());
    hashes.push_back(op.key_hash);
  }
  FileImage& now = image();
  if (Result<void> mapped = now.ensure_mapped(tail); !mapped) return mapped;
  if (!now.index.reserve(now.mapped()->bytes(), hashes.data(), hashes.size())) {
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
  const auto count_one = [](std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  };
  count_one(now.tally.entry_count);
  std::atomic_thread_fence(std::memory_order_release);  // before the index counts the key: see nothing_is_dead()
  if (now.snapshots.active()) [[unlikely]] {
    const std::uint64_t old = now.index.find(file, op.key_hash);
    if (old != KeyIndex::kAbsent) now.snapshots.note(op.key_hash, old);
  }
  std::uint64_t previous;
  if (op.is_removal) {
    count_one(now.tally.tombstone_count);
    previous = now.index.erase(file, op.key_hash);
  } else {
    previous = now.index.put(file, op.key_hash, trailer_offset);
    now.tally.add_live(payload_size);
  }
  EntryRecord replaced;
  if (previous != KeyIndex::kAbsent && read_entry_record(file, previous, now.layout, &replaced)) {
    now.tally.remove_live(replaced.payload_size());
  }
}

Result<Store::Appended> Store::append_one(const WriteOp& op, Durability durability) {
  if (Result<void> ready = ready_for(op.key_hash, op.payload.size()); !ready) return ready.error();
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
  const auto add = [](std::atomic<std::uint64_t>& figure, std::uint64_t by) {
    figure.store(figure.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  };
  add(figures_.put_count, entries);
  AppendRegion::Counts counts = appender_->region().take_counts();
  if (counts.windows != 0) [[unlikely]]
    add(figures_.window_count, counts.windows);
  if (counts.syncs != 0) [[unlikely]]
    figures_.sync_count.fetch_add(counts.syncs, std::memory_order_relaxed);
  add(figures_.written_size, appender_->tail() - before);
}

Error Store::take_back(std::uint64_t before, const Error& why) noexcept {
  appender_->rewind(before);
  return why.status == Status::kWriterFailed ? remember_failure(why) : why;
}

Result<Store::Appended> Store::append_all(std::span<const WriteOp> ops, Durability durability) {
  if (ops.empty()) return Appended{appender_->tail(), group_commit_.epoch()};
  if (Result<void> ready = ready_for(ops); !ready) return ready.error();
  std::vector<std::uint64_t> trailers(ops.size());
  const std::uint64_t before = appender_->tail();
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Result<std::uint64_t> trailer = append_op(ops[i]);
    if (!trailer) return take_back(before, trailer.error());
    trailers[i] = *trailer;
  }
  if (Result<void> published = publish(durability); !published) return published.error();
  FileImage& now = image();
  {
    const ReadSection section;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if (i + 8 < ops.size()) now.index.prefetch(ops[i + 8].key_hash);
      index_op(ops[i], trailers[i], ops[i].payload.size());
    }
    now.tail.store(appender_->tail(), std::memory_order_release);
  }
  count_append(ops.size(), before);
  return Appended{appender_->tail(), group_commit_.epoch()};
}

Result<std::uint64_t> Store::finish_write(Turn turn, const Result<Appended>& appended, Durability durability) {
  if (!appended) return appended.error();
  turn.unlock();
  if (durability != Durability::kNone) {
    const bool strict = durability == Durability::kStrict;
    if (Result<void> done = group_commit_.commit(appended->tail, appended->epoch, strict); !done) return done.error();
  }
  return appended->tail;
}

// The leader's part of a group commit. Data and guard are on the disk after one sync, in any order: recovery checks what lies above
// the durable mark. STRICT lets nobody find an entry in the guard whose bytes are not there yet.
Result<std::uint64_t> Store::sync_all(bool strict) {
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

Result<std::uint64_t> Store::put(std::uint64_t key_hash, ByteView payload, Durability durability) {
  durability = durability_or_default(durability);
  if (durability != Durability::kStrict && !is_guards_key_hash(key_hash) && is_payload_allowed(payload) &&
      !is_read_only() && !canary_.in_child()) [[likely]] {
    Turn turn(write_mutex_);
    if (may_write_at_once()) [[likely]] {
      if (const std::uint64_t tail = put_at_once(key_hash, payload); tail != 0) [[likely]] {
        if (durability == Durability::kNone) return tail;
        return finish_write(std::move(turn), Appended{tail, group_commit_.epoch()}, durability);
      }
    }
  }
  if (Result<void> allowed = check_hash_allowed(key_hash); !allowed) return allowed.error();
  if (Result<void> allowed = check_payload_allowed(payload); !allowed) return allowed.error();
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  return finish_write(*std::move(turn), append_one({key_hash, payload}, durability), durability);
}

// A put that takes nothing but stores to memory: most of them, if they are small. The new tail; 0, with nothing done, when it
// takes more.
std::uint64_t Store::put_at_once(std::uint64_t key_hash, ByteView payload) noexcept {
  FileImage& now = image();
  if (!now.index.has_room_for(key_hash)) return 0;
  const std::uint64_t before = appender_->tail();
  const std::uint64_t trailer = appender_->put_in_window(key_hash, payload, now.mapped()->bytes().size());
  if (trailer == 0) return 0;
  const std::uint64_t tail = trailer + kTrailerSize;
  {
    const ReadSection section;
    index_op({key_hash, payload}, trailer, payload.size());
    now.tail.store(tail, std::memory_order_release);
  }
  count_append(1, before);
  return tail;
}

Result<std::uint64_t> Store::put_if_absent(std::uint64_t key_hash, ByteView payload, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> allowed = check_hash_allowed(key_hash); !allowed) return allowed.error();
  if (Result<void> allowed = check_payload_allowed(payload); !allowed) return allowed.error();
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  if (now.index.find(now.mapped()->bytes(), key_hash) != KeyIndex::kAbsent) {
    return make_error(Status::kExists, "the key has an entry");
  }
  return finish_write(*std::move(turn), append_one({key_hash, payload}, durability), durability);
}

Result<std::uint64_t> Store::put_if_entry(const Entry& expected, ByteView payload, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> allowed = check_payload_allowed(payload); !allowed) return allowed.error();
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  const std::uint64_t key_hash = expected.record().key_hash;
  if (expected.image_id() != now.id() ||
      now.index.find(now.mapped()->bytes(), key_hash) != expected.record().trailer_offset) {
    return make_error(Status::kChanged, "the entry is no longer the newest under its key");
  }
  return finish_write(*std::move(turn), append_one({key_hash, payload}, durability), durability);
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

Result<std::uint64_t> Store::put_many(std::span<const WriteOp> ops, Durability durability) {
  durability = durability_or_default(durability);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    Result<void> allowed = check_hash_allowed(ops[i].key_hash);
    if (allowed) allowed = check_payload_allowed(ops[i].payload);
    if (!allowed) return make_error(allowed.error().status, "entry %zu: %s", i, allowed.error().message);
  }
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  return finish_write(*std::move(turn), append_all(ops, durability), durability);
}

Result<std::uint64_t> Store::remove_many(std::span<const std::uint64_t> key_hashes, Durability durability,
                                         std::size_t* out_removed) {
  durability = durability_or_default(durability);
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  std::vector<WriteOp> ops;
  std::unordered_set<std::uint64_t> seen;
  for (const std::uint64_t key_hash : key_hashes) {
    if (now.index.find(now.mapped()->bytes(), key_hash) == KeyIndex::kAbsent || !seen.insert(key_hash).second) continue;
    ops.push_back({key_hash, {}, true});
  }
  *out_removed = ops.size();
  return finish_write(*std::move(turn), append_all(ops, durability), durability);
}

Result<std::uint64_t> Store::rename(std::uint64_t old_hash, std::uint64_t new_hash, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> allowed = check_hash_allowed(new_hash); !allowed) return allowed.error();
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  if (old_hash == new_hash) return make_error(Status::kSameKey, "new_key: is the same key as old_key");
  FileImage& now = image();
  Found found;
  MappedFile* mapped = nullptr;
  const Status status = now.find(old_hash, &found.record, &mapped);
  if (status == Status::kNotFound) return make_error(Status::kNotFound, "no entry to rename");
  if (status != Status::kOk) return make_error(status, "the entry to rename no longer reads as one");
  found.data = mapped->bytes().data() + found.record.payload_offset;
  // Written anew it would get a checksum that matches whatever the bytes have become.
  Error damage;
  if (check_payload(found, &damage) != Status::kOk) return damage;
  const WriteOp ops[] = {{new_hash, found.payload()}, {old_hash, {}, true}};
  // The mapping may be replaced by a longer one while we append from it.
  const MappingHold hold(mapped);
  return finish_write(*std::move(turn), append_all(ops, durability), durability);
}

namespace {

struct ReleaseEntry {
  void operator()(Entry* entry) const noexcept { entry->drop_ref(); }
};
using EntryOwner = std::unique_ptr<Entry, ReleaseEntry>;

}  // namespace

// With a reference; its bytes are intact: written anew they would get a checksum that matches whatever they have become.
Result<Entry*> Store::entry_to_copy(std::uint64_t key_hash, const Store& target) const {
  const Result<FileInfo> mine = shared_image()->file().info();
  if (!mine) return mine.error();
  const Result<FileInfo> others = target.shared_image()->file().info();
  if (!others) return others.error();
  if (mine->same_file(*others)) {
    return make_error(Status::kSameStore, "target: is the same store, %s; rename the key instead", path_.c_str());
  }
  if (Result<void> writable = target.check_writable(); !writable) return writable.error();
  Entry* entry = nullptr;
  Error error;
  const Status status = get(key_hash, &entry, &error);
  if (status == Status::kNotFound) return make_error(Status::kNotFound, "no entry to copy");
  if (status != Status::kOk) return error;
  if (entry->checksum_matches()) return entry;
  const std::uint64_t offset = entry->record().payload_offset;
  entry->drop_ref();
  return make_error(Status::kCorrupt, "the payload at offset %llu does not match its checksum and is not copied",
                    static_cast<unsigned long long>(offset));
}

Result<std::uint64_t> Store::copy_to(std::uint64_t key_hash, Store& target, Durability durability) {
  const Result<Entry*> entry = entry_to_copy(key_hash, target);
  if (!entry) return entry.error();
  const EntryOwner owner(*entry);
  return target.put(key_hash, owner->payload(), durability);
}

Result<std::uint64_t> Store::transfer_to(std::uint64_t key_hash, Store& target, Durability durability) {
  if (Result<void> writable = check_writable(); !writable) return writable.error();
  for (;;) {
    const Result<Entry*> entry = entry_to_copy(key_hash, target);
    if (!entry) return entry.error();
    const EntryOwner owner(*entry);
    if (Result<std::uint64_t> copied = target.put(key_hash, owner->payload(), durability); !copied) return copied;
    // What was put here meanwhile was not copied and must not go: then it is transferred too.
    Result<std::uint64_t> removed = remove_if_entry(*owner, durability);
    if (removed || removed.error().status != Status::kChanged) return removed;
  }
}

Result<std::uint64_t> Store::remove_if_entry(const Entry& expected, Durability durability) {
  durability = durability_or_default(durability);
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  FileImage& now = image();
  const EntryRecord& record = expected.record();
  if (expected.image_id() != now.id() ||
      now.index.find(now.mapped()->bytes(), record.key_hash) != record.trailer_offset) {
    return make_error(Status::kChanged, "the entry is no longer the newest under its key");
  }
  return finish_write(*std::move(turn), append_one({record.key_hash, {}, true}, durability), durability);
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

Result<std::byte*> Store::begin_reserved(std::uint64_t key_hash, std::uint64_t size) {
  if (Result<void> allowed = check_hash_allowed(key_hash); !allowed) return allowed.error();
  if (size == 0) return make_error(Status::kEmptyPayload, "value_size: an empty payload cannot be stored");
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();
  if (Result<void> ready = ready_for(key_hash, size); !ready) return ready.error();
  Result<std::byte*> place = appender_->build(size);
  if (!place) {
    if (place.error().status == Status::kWriterFailed) return remember_failure(place.error());
    return place;
  }
  reservation_open_ = true;
  reservation_owner_ = std::this_thread::get_id();
  return place;
}

Result<std::uint64_t> Store::commit_reserved(std::uint64_t key_hash, std::uint64_t size, Durability durability) {
  durability = durability_or_default(durability);
  if (Result<void> writable = check_writable(); !writable) return writable.error();
  Turn turn(write_mutex_);
  reservation_open_ = false;
  reservation_ended_.notify_all();
  if (writer_failed_) return failure_;
  const std::uint64_t before = appender_->tail();
  const std::byte* payload =
      appender_->region().writable(before, tail_after_value(before, size)) + (payload_start(before) - before);
  if (Result<void> allowed = check_payload_allowed({payload, static_cast<std::size_t>(size)}); !allowed) {
    return allowed.error();
  }
  const Result<std::uint64_t> trailer = appender_->append_built(key_hash, size);
  return finish_write(std::move(turn), complete_append({key_hash, {}}, trailer, size, before, durability), durability);
}

void Store::abort_reserved() noexcept {
  const std::lock_guard lock(write_mutex_);
  reservation_open_ = false;
  reservation_ended_.notify_all();
}

}  // namespace simdr::core
