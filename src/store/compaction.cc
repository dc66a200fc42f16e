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
constexpr std::size_t kPieceSize = std::size_t{2} << 20;
// As much as keeps a disk busy; with each of them the system allocates blocks in one stretch.
constexpr std::uint64_t kWriteBackStep = std::uint64_t{8} << 20;

Error mismatch(std::uint64_t key_hash) noexcept {
  return make_error(Status::kCorrupt, "the entry under key hash %016llx does not match its checksum; repair the store",
                    static_cast<unsigned long long>(key_hash));
}

// Out of memory is false.
bool build_index(ByteView file, const std::vector<BuildItem>& items, KeyIndex* index) noexcept {
  constexpr std::size_t kBlock = KeyIndex::kMostItems;
  for (std::size_t begin = 0; begin < items.size(); begin += kBlock) {
    KeyIndex::LeftOut but;
    if (!index->insert_absent(file, &items[begin], std::min(kBlock, items.size() - begin), &but)) return false;
  }
  return true;
}

}  // namespace

PackedWriter::PackedWriter(File& file) : EntryGather(kPieceSize), file_(file) {}

Result<void> PackedWriter::add(std::uint64_t key_hash, ByteView payload, std::uint32_t crc32,
                               std::uint32_t trailer_size) {
  const Result<std::uint32_t> computed = add_value(key_hash, payload);
  if (!computed) return computed.error();
  if (stored_crc(*computed, trailer_size) != crc32) return mismatch(key_hash);
  return {};
}

Result<void> PackedWriter::finish() { return flush(); }

Result<void> PackedWriter::write(std::uint64_t offset, std::vector<ByteView>* parts, std::uint64_t size, bool is_last) {
  if (Result<void> written = file_.write_at(offset, *parts); !written) return written;
  const std::uint64_t end = offset + size;
  if (is_last || end - on_its_way_ >= kWriteBackStep) {
    file_.start_write_back(on_its_way_, end - on_its_way_);
    on_its_way_ = end;
  }
  return {};
}

// Holds group commit's leadership, so that no sync is under way while the file is replaced.
class Store::WriterPause {
 public:
  explicit WriterPause(GroupCommit& commit) : commit_(commit) { commit_.acquire(); }
  ~WriterPause() {
    if (!done_) commit_.release();
  }
  WriterPause(const WriterPause&) = delete;
  WriterPause& operator=(const WriterPause&) = delete;

  // Under the write lock: what is appended after it must belong to the new epoch.
  void end_replaced(std::uint64_t tail, bool has_durable_name) {
    commit_.release_replaced(tail, has_durable_name);
    done_ = true;
  }

 private:
  GroupCommit& commit_;
  bool done_ = false;
};

// What the new file has, in its order: its index is made from that, without another look at the file.
struct Store::Packed {
  std::vector<BuildItem> items;
  std::uint64_t live_size = 0;
  std::uint64_t live_packed_size = 0;
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
  Packed packed;
  packed.items.reserve(static_cast<std::size_t>(image().live_count()));
  if (Result<void> copied = copy_live(writer, &packed, progress); !copied) return copied;
  if (Result<void> same = (*file)->set_owner_and_permissions(*old_info); !same) return same;
  const Result<bool> locked = (*file)->try_lock();
  if (!locked) return locked.error();
  // While the disk is busy with what was written.
  Result<std::shared_ptr<FileImage>> next = load_packed(*std::move(file), writer.tail(), std::move(packed));
  if (!next) return next.error();
  if (Result<void> synced = (*next)->file().sync_data(); !synced) return synced;
  figures_.sync_count.fetch_add(1, std::memory_order_relaxed);

  const std::uint64_t tail = writer.tail();
  std::unique_ptr<Appender> appender = make_appender((*next)->file(), {tail, tail, tail});
  if (Result<void> replaced = files_.replace((*next)->file(), real_path_); !replaced) return replaced;
  // From here on nothing may fail: this handle must go on, on the file that now has the name.
  sync_new_name();
  switch_to(*std::move(next), std::move(appender));
  pause.end_replaced(tail, !folder_sync_pending_);
  return {};
}

// Newest first, as the crate does, so that the file is byte for byte what it would have written.
Result<void> Store::copy_live(PackedWriter& writer, Packed* out, const Progress& progress) {
  Iterator::Options options;
  options.writer_waits = true;
  Iterator iterator(*this, options);
  const std::uint64_t total = image().tally.live_size.load(std::memory_order_relaxed);
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
      out->items.emplace_back(record.key_hash, writer.tail() - kTrailerSize, std::uint16_t{0});
      out->live_size += record.payload_size() + kTrailerSize;
      out->live_packed_size += Tally::packed_size(record.payload_size());
    }
    if (progress) {
      if (const int result = progress(out->live_size, total); result != 0) {
        return make_callback_error(result, "compaction was stopped by its callback");
      }
    }
  }
  return writer.finish();
}

Result<std::shared_ptr<FileImage>> Store::load_packed(std::unique_ptr<File> file, std::uint64_t tail, Packed packed) {
  Result<std::shared_ptr<FileImage>> mapped = FileImage::map(std::move(file), tail, address_space_for(tail));
  if (!mapped) return mapped.error();
  const std::shared_ptr<FileImage> next = *mapped;
  if (!next->index.expect(packed.items.size()) ||
      !build_index(next->mapped()->bytes().first(static_cast<std::size_t>(tail)), packed.items, &next->index)) {
    return make_error(Status::kNoMemory, "out of memory for the key index");
  }
  if (next->index.count() != packed.items.size()) return make_error(Status::kInternal, "a key was live twice");
  next->layout = kAligned64;
  next->tally.add_entries(packed.items.size());
  next->tally.add_live_sums(packed.live_size, packed.live_packed_size);
  next->tail.store(tail, std::memory_order_release);
  return next;
}

// The new name may not be on the disk yet; the old file is there as it was left, so a failure is a warning and not an error. But no
// commit, sync or close is done before the name is.
void Store::sync_new_name() noexcept {
  const Result<void> synced = files_.sync_folder_of(real_path_);
  folder_sync_pending_ = !synced;
  if (!synced) settings_.log.say(LogLevel::kWarning, synced.error().message);
}

// Under the write lock. Lookups that began on the old image finish there; entries keep its mapping, iterators all of it.
void Store::switch_to(std::shared_ptr<FileImage> next, std::unique_ptr<Appender> next_appender) noexcept {
  std::unique_ptr<Appender> old_appender = std::exchange(appender_, std::move(next_appender));
  const std::uint64_t old_tail = old_appender->tail();
  std::shared_ptr<FileImage> old = shared_image();
  show(std::move(next));
  figures_.durable_tail.store(folder_sync_pending_ ? 0 : appender_->tail(), std::memory_order_relaxed);
  wait_for_readers();
  // Nobody's any more, but a hard link may keep it: it ends as a file that was closed does. Not where its name may come back in a
  // power cut: then its guard tells what of it is not on the disk.
  if (folder_sync_pending_) {
    old_appender->region().abandon();
  } else {
    (void)old_appender->region().finish(old_tail);
  }
  old_appender.reset();
  // The system takes as long to forget a large file as to write a good part of it. Nobody need wait for that.
  try {
    release_of_old_.start([image = std::move(old)]() mutable { image.reset(); });
  } catch (const std::bad_alloc&) {  // it is gone by now
  }
}

}  // namespace simdr::core
