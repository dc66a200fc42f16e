#include "store/compaction.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "format/layout.h"
#include "simd/kernels.h"
#include "store/iterator.h"
#include "store/store.h"

namespace simdr::core {
namespace {

// One write, from a multiple of it on: a huge page of the page cache at once (see writer/append_region.h).
constexpr std::size_t kChunkSize = std::size_t{2} << 20;
// From this size on a payload is written from where it lies; below, a part of its own costs more than the copy.
constexpr std::size_t kReferredSize = std::size_t{16} << 10;

Error mismatch(std::uint64_t key_hash) noexcept {
  return make_error(Status::kCorrupt, "the entry under key hash %016llx does not match its checksum; repair the store",
                    static_cast<unsigned long long>(key_hash));
}

}  // namespace

PackedWriter::PackedWriter(File& file) : file_(file), staging_(new std::byte[kChunkSize]) {
  parts_.reserve(2 * kChunkSize / kReferredSize + 4);
}

Result<void> PackedWriter::add(std::uint64_t key_hash, ByteView payload, std::uint32_t crc32,
                               std::uint32_t trailer_size) {
  const simd::Kernels& kernels = simd::kernels();
  static constexpr std::byte kZeros[kPayloadAlignment]{};
  const std::uint64_t start = payload_start(tail_);
  if (Result<void> staged = stage({kZeros, static_cast<std::size_t>(start - tail_)}); !staged) return staged;
  std::uint32_t computed;
  if (payload.size() < std::min(kReferredSize, kChunkSize - gathered_)) {
    computed = kernels.copy_crc32(0, staging_.get() + staged_, payload.data(), payload.size());
    extend_last_part(payload.size());
  } else {
    computed = kernels.crc32(0, payload.data(), payload.size());
    Result<void> gathered = payload.size() < kReferredSize ? stage(payload) : refer_to(payload);
    if (!gathered) return gathered;
  }
  if (stored_crc(computed, trailer_size) != crc32) return mismatch(key_hash);
  return end_entry(key_hash, start + payload.size(), computed);
}

Result<void> PackedWriter::add_tombstone(std::uint64_t key_hash) {
  const ByteView mark(&kTombstoneByte, 1);
  if (Result<void> staged = stage(mark); !staged) return staged;
  return end_entry(key_hash, tail_ + 1, simd::kernels().crc32(0, mark.data(), 1));
}

Result<void> PackedWriter::end_entry(std::uint64_t key_hash, std::uint64_t payload_end, std::uint32_t crc32) {
  std::byte trailer[kTrailerSize];
  encode_trailer(trailer, {key_hash, tail_, crc32});
  tail_ = payload_end + kTrailerSize;
  return stage(trailer);
}

// The next `size` bytes of the staging buffer, which the caller has filled and which do not fill the chunk.
void PackedWriter::extend_last_part(std::size_t size) {
  const std::byte* const begin = staging_.get() + staged_;
  if (!parts_.empty() && parts_.back().data() + parts_.back().size() == begin) {
    parts_.back() = {parts_.back().data(), parts_.back().size() + size};
  } else {
    parts_.emplace_back(begin, size);
  }
  staged_ += size;
  gathered_ += size;
}

Result<void> PackedWriter::stage(ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kChunkSize - gathered_);
    std::memcpy(staging_.get() + staged_, bytes.data(), size);
    extend_last_part(size);
    bytes = bytes.subspan(size);
    if (Result<void> flushed = flush_if_full(); !flushed) return flushed;
  }
  return {};
}

Result<void> PackedWriter::refer_to(ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kChunkSize - gathered_);
    parts_.push_back(bytes.first(size));
    gathered_ += size;
    bytes = bytes.subspan(size);
    if (Result<void> flushed = flush_if_full(); !flushed) return flushed;
  }
  return {};
}

Result<void> PackedWriter::flush_if_full() { return gathered_ == kChunkSize ? flush() : Result<void>{}; }

Result<void> PackedWriter::flush() {
  if (gathered_ == 0) return {};
  if (Result<void> written = file_.write_at(flushed_, parts_); !written) return written;
  flushed_ += gathered_;
  parts_.clear();
  staged_ = gathered_ = 0;
  return {};
}

Result<void> PackedWriter::finish() { return flush(); }

// Holds group commit's leadership, so that no sync is under way while the file is replaced.
class Store::WriterPause {
 public:
  explicit WriterPause(GroupCommit& commit) : commit_(commit) { commit_.acquire(); }
  ~WriterPause() {
    if (!done_) commit_.release(false, 0);
  }
  WriterPause(const WriterPause&) = delete;
  WriterPause& operator=(const WriterPause&) = delete;

  // Under the write lock: what is appended after it must belong to the new epoch.
  void end_replaced(std::uint64_t durable_tail) {
    commit_.release(true, durable_tail);
    done_ = true;
  }

 private:
  GroupCommit& commit_;
  bool done_ = false;
};

Result<void> Store::compact(const Progress& progress) {
  if (Result<void> writable = check_writable(); !writable) return writable;
  WriterPause pause(group_commit_);
  Result<Turn> turn = begin_write();
  if (!turn) return turn.error();

  const Result<FileInfo> old_info = image().file().info();
  if (!old_info) return old_info.error();
  const Result<FileInfo> at_path = files_.info(real_path_);
  if (!at_path || !at_path->same_file(*old_info)) {
    return make_error(Status::kBadState, "%s: another file has taken the store's place; nothing was compacted",
                      path_.c_str());
  }
  Result<std::unique_ptr<File>> file = files_.open_unnamed(real_path_);
  if (!file) return file.error();

  PackedWriter writer(**file);
  if (Result<void> copied = copy_live(writer, progress); !copied) return copied;
  if (Result<void> same = (*file)->set_owner_and_permissions(*old_info); !same) return same;
  const Result<bool> locked = (*file)->try_lock();
  if (!locked) return locked.error();
  if (Result<void> synced = (*file)->sync_data(); !synced) return synced;
  figures_.sync_count.fetch_add(1, std::memory_order_relaxed);

  Result<std::shared_ptr<FileImage>> next = load_packed(*std::move(file), writer.tail());
  if (!next) return next.error();
  const std::uint64_t tail = writer.tail();
  std::unique_ptr<Appender> appender = make_appender((*next)->file(), {tail, tail, tail, false});
  if (Result<void> replaced = files_.replace((*next)->file(), real_path_); !replaced) return replaced;
  // From here on nothing may fail: this handle must go on, on the file that now has the name.
  sync_new_name();
  switch_to(*std::move(next), std::move(appender));
  pause.end_replaced(writer.tail());
  return {};
}

// Newest first, as the crate does, so that the file is byte for byte what it would have written.
Result<void> Store::copy_live(PackedWriter& writer, const Progress& progress) {
  Iterator iterator(*this, {});
  const std::uint64_t total = image().tally.live_size.load(std::memory_order_relaxed);
  std::uint64_t done = 0;
  std::vector<Found> found(256);
  for (;;) {
    std::size_t count = 0;
    Error error;
    const Status status = iterator.next(found.data(), found.size(), &count, &error);
    if (status == Status::kNotFound) break;
    if (status != Status::kOk) return error;
    for (std::size_t i = 0; i < count; ++i) {
      const EntryRecord& record = found[i].record;
      if (Result<void> added = writer.add(record.key_hash, found[i].payload(), record.crc32, layout_.trailer_size);
          !added) {
        return added;
      }
      done += record.payload_size() + kTrailerSize;
    }
    if (progress) {
      if (const int result = progress(done, total); result != 0) {
        return make_callback_error(result, "compaction was stopped by its callback");
      }
    }
  }
  return writer.finish();
}

Result<std::shared_ptr<FileImage>> Store::load_packed(std::unique_ptr<File> file, std::uint64_t tail) {
  Result<std::shared_ptr<FileImage>> mapped =
      FileImage::map(std::move(file), tail, std::max(settings_.reserve_size, tail));
  if (!mapped) return mapped.error();
  const std::shared_ptr<FileImage> next = *mapped;
  ImageBuilder builder(*next);
  builder.on_begin(kAligned64);
  if (!next->index.expect(image().live_count()))
    return make_error(Status::kNoMemory, "out of memory for the key index");
  const ChainWalk walk =
      walk_chain(next->mapped()->bytes().first(static_cast<std::size_t>(tail)), tail, 0, kAligned64, &builder);
  if (builder.out_of_memory()) return make_error(Status::kNoMemory, "out of memory for the key index");
  if (walk.end != ChainEnd::kArrived) return make_error(Status::kInternal, "the compacted file does not read back");
  builder.finish();
  next->tail.store(tail, std::memory_order_release);
  return next;
}

// The new name may not be on the disk yet; the old file is whole there, so a failure is a warning and not an error. But the next
// commit is not done before the name is.
void Store::sync_new_name() noexcept {
  folder_sync_pending_ = true;
  try {
    const Result<void> synced = files_.sync_folder_of(real_path_);
    if (!synced) return settings_.log.say(LogLevel::kWarning, synced.error().message);
    folder_sync_pending_ = false;
  } catch (const std::bad_alloc&) {
    settings_.log.say(LogLevel::kWarning, "out of memory while syncing the folder of a compacted file");
  }
}

// Under the write lock. Lookups that began on the old image finish there; entries keep its mapping, iterators all of it.
void Store::switch_to(std::shared_ptr<FileImage> next, std::unique_ptr<Appender> next_appender) noexcept {
  const std::unique_ptr<Appender> old_appender = std::exchange(appender_, std::move(next_appender));
  const std::uint64_t old_tail = old_appender->tail();
  std::shared_ptr<FileImage> old = shared_image();
  {
    const std::lock_guard lock(image_mutex_);
    image_owner_ = std::move(next);
  }
  image_.store(image_owner_.get(), std::memory_order_seq_cst);
  figures_.durable_tail.store(appender_->tail(), std::memory_order_relaxed);
  wait_for_readers();
  // Nobody's any more, but a hard link may keep it: it ends as a file that was closed does.
  (void)old_appender->region().finish(old_tail);
}

}  // namespace simdr::core
