// The store: opening, reading, writing and compacting one file. The one room that combines the others, and owns every lock.
//
// Locks, in the order in which they may be taken: group commit's leadership, write_mutex_, image_mutex_ or a snapshot's. Lookups take
// none.
// A write appends to the file, publishes it in the guard, and then moves the index; a reader finds an entry through the index
// only after its bytes are whole.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "platform/background_task.h"
#include "platform/file.h"
#include "platform/fork_canary.h"
#include "platform/per_reader.h"
#include "platform/read_section.h"
#include "store/entry.h"
#include "store/file_image.h"
#include "store/settings.h"
#include "writer/appender.h"
#include "writer/group_commit.h"

namespace simdr::core {

class IndexFile;
class PackedWriter;
struct ScanOptions;

// What a borrowed read yields: valid until the store is closed or compacted.
struct Found {
  EntryRecord record;
  const std::byte* data = nullptr;  // of the payload; nullptr: not found

  [[nodiscard]] ByteView payload() const noexcept { return {data, static_cast<std::size_t>(record.payload_size())}; }
};

// The same for many at once: no initialisers, so that room for thousands costs nothing.
struct FlatView {
  const std::byte* data;  // nullptr: not found, and all else 0
  std::uint64_t size;
  std::uint64_t key_hash;
  std::uint64_t payload_offset;
  std::uint32_t crc32;
  std::uint32_t reserved;
};

struct Stats {
  std::uint64_t live_count, live_size, dead_size, entry_count, tombstone_count, tail, physical_size;
  std::uint64_t get_hits, get_misses, put_count, written_size, sync_count, durable_tail;
  std::uint64_t index_memory_size, window_count;
  double index_load;
};

// Called with bytes done and in all; non-zero stops.
using Progress = std::function<int(std::uint64_t done, std::uint64_t total)>;

class Store final : private CommitTarget {
 public:
  static Result<std::unique_ptr<Store>> open(FileSystem& files, const std::string& path, const OpenSettings& settings);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Syncs what is not synced and cuts the file to its last entry. Nothing else may be called afterwards.
  Result<void> close();
  // In a child of fork(): gives up the mapping and the descriptor and touches nothing else. The object is then left where it is.
  [[nodiscard]] bool in_child() const noexcept { return canary_.in_child(); }
  void abandon_in_child() noexcept;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] bool is_read_only() const noexcept { return settings_.mode == OpenAs::kReadOnly; }
  [[nodiscard]] const std::string& recovered_from() const noexcept { return recovered_from_; }
  [[nodiscard]] Layout layout() const noexcept { return layout_; }
  [[nodiscard]] const std::string& generation() const noexcept { return generation_; }

  // --- reading (store_read.cc). kOk, kNotFound, or an error that *error then tells. ---
  Status view(std::uint64_t key_hash, Found* out, Error* error) const noexcept;
  Status get(std::uint64_t key_hash, Entry** out, Error* error) const noexcept;
  // What nearly every view() and get() comes down to, in line and without a call. kUnsure: ask those, kFurther: ask with
  // Reach::kWholeWay; *out means nothing then.
  template <FileImage::Reach kReach>
  FileImage::Look view_quickly(std::uint64_t key_hash, FlatView* out) const noexcept;
  template <FileImage::Reach kReach>
  FileImage::Look get_quickly(std::uint64_t key_hash, Entry** out) const noexcept;
  // Places whose key is absent get data == nullptr, or nullptr. `is_absent`, which may be null, marks keys to pass over.
  Status view_many(std::span<const std::uint64_t> key_hashes, FlatView* out, Error* error) const noexcept;
  Status get_many(std::span<const std::uint64_t> key_hashes, const bool* is_absent, Entry** out,
                  Error* error) const noexcept;
  Status read(std::uint64_t key_hash, std::uint64_t position, void* to, std::size_t capacity, std::size_t* out_size,
              std::uint64_t* out_value_size, Error* error) const;
  // May throw std::bad_alloc. Not in a read section.
  Status last_entry(Entry** out, Error* error) const;

  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] std::uint64_t tail() const noexcept;
  [[nodiscard]] std::uint64_t compaction_savings() const noexcept;
  Result<Stats> stats() const;

  // --- writing (store_write.cc, store_batch.cc, store_conditional.cc, store_move.cc, store_reserve.cc, store_sync.cc;
  // what precedes the first write is in store_prepare.cc) ---
  Result<std::uint64_t> put(std::uint64_t key_hash, ByteView payload, Durability durability) {
    durability = durability_or_default(durability);
    if (durability != Durability::kStrict) [[likely]] {
      const Appended appended = put_at_once(key_hash, payload);
      if (appended.tail != 0) [[likely]]
        return durability == Durability::kNone ? appended.tail : commit(appended, durability);
    }
    return put_in_turn(key_hash, payload, durability);
  }
  // put() in two parts. Nearly every put that waits for no disk, in few instructions: the tail, or 0 with nothing done where the
  // other is needed, which does not try that again.
  [[nodiscard]] std::uint64_t put_quickly(std::uint64_t key_hash, ByteView payload, Durability durability) noexcept {
    return durability_or_default(durability) == Durability::kNone ? put_at_once(key_hash, payload).tail : 0;
  }
  Result<std::uint64_t> put_otherwise(std::uint64_t key_hash, ByteView payload, Durability durability) {
    return durability_or_default(durability) == Durability::kNone ? put_in_turn(key_hash, payload, Durability::kNone)
                                                                  : put(key_hash, payload, durability);
  }
  Result<std::uint64_t> put_if_absent(std::uint64_t key_hash, ByteView payload, Durability durability);
  Result<std::uint64_t> put_if_entry(const Entry& expected, ByteView payload, Durability durability);
  Result<std::uint64_t> remove(std::uint64_t key_hash, Durability durability);
  Result<std::uint64_t> put_many(std::span<const WriteOp> ops, Durability durability);
  Result<std::uint64_t> remove_many(std::span<const std::uint64_t> key_hashes, Durability durability,
                                    std::size_t* out_removed);
  Result<std::uint64_t> rename(std::uint64_t old_hash, std::uint64_t new_hash, Durability durability);
  Result<std::uint64_t> copy_to(std::uint64_t key_hash, Store& target, Durability durability);
  Result<std::uint64_t> transfer_to(std::uint64_t key_hash, Store& target, Durability durability);
  // Removes what `expected` is of if it is still the newest under its key; else kChanged.
  Result<std::uint64_t> remove_if_entry(const Entry& expected, Durability durability);
  Result<std::uint64_t> put_spooled(std::uint64_t key_hash, Spool& spool, Durability durability);
  Result<void> sync(Durability durability);

  // A value built in place: from begin_reserved() to one of the other two, all other writes wait.
  Result<std::byte*> begin_reserved(std::uint64_t key_hash, std::uint64_t size);
  Result<std::uint64_t> commit_reserved(std::uint64_t key_hash, std::uint64_t size, Durability durability);
  void abort_reserved() noexcept;

  // --- the whole store ---
  Result<void> compact(const Progress& progress);  // compaction.cc

  // --- for the iterators and tools of this room ---
  // The image now, with `snapshot` registered there: remove it from image->snapshots when it is done. May throw std::bad_alloc.
  std::shared_ptr<FileImage> take_snapshot(Snapshot* snapshot) const;
  [[nodiscard]] std::shared_ptr<FileImage> shared_image() const;
  [[nodiscard]] FileSystem& files() const noexcept { return files_; }
  [[nodiscard]] const std::string& real_path() const noexcept { return real_path_; }
  [[nodiscard]] const Log& log() const noexcept { return settings_.log; }
  [[nodiscard]] bool verifies_reads() const noexcept { return settings_.verify_reads; }
  [[nodiscard]] Result<void> check_writable() const;
  [[nodiscard]] Durability durability_or_default(Durability durability) const noexcept {
    return durability == Durability::kDefault ? settings_.durability : durability;
  }

 private:
  // The right to write: holds write_mutex_.
  using Turn = std::unique_lock<std::mutex>;
  struct Appended {
    std::uint64_t tail;
    std::uint64_t epoch;
  };
  class WriterPause;
  struct Packed;

  Store(FileSystem& files, std::string path, const OpenSettings& settings);

  // store_open.cc
  Result<std::unique_ptr<File>> open_file(bool* out_created);
  Result<void> take_lock(File& file);
  Result<void> load(std::unique_ptr<File> file, bool* out_changed_meanwhile);
  Result<bool> walk(FileImage& image, const FileInfo& info, std::uint64_t size, const ScanOptions& options,
                    bool* out_changed_meanwhile);
  std::unique_ptr<IndexFile> open_index_file(const FileInfo& info) const;
  bool load_index_file(IndexFile* index_file, const FileInfo& info, FileImage* image);
  void save_index_file() noexcept;
  std::unique_ptr<Appender> make_appender(File& file, const AppendRegion::Start& start) const;

  [[nodiscard]] std::uint64_t address_space_for(std::uint64_t size) const noexcept;
  // Published and in the index; {0, 0} with nothing done where it takes more than stores to memory.
  Appended put_at_once(std::uint64_t key_hash, ByteView payload) noexcept;
  // The long way, which tells what is wrong.
  Result<std::uint64_t> put_in_turn(std::uint64_t key_hash, ByteView payload, Durability durability);
  Result<Turn> begin_write();
  Result<void> prepare_writer();
  Result<void> write_veiled_anew();
  Result<void> finish_file();
  Result<Appended> append_one(const WriteOp& op, Durability durability);
  Result<Appended> append_all(std::span<const WriteOp> ops, Durability durability);
  Result<Appended> complete_append(const WriteOp& op, const Result<std::uint64_t>& trailer, std::uint64_t payload_size,
                                   std::uint64_t before, Durability durability);
  Error take_back(std::uint64_t before, const Error& why) noexcept;
  void count_append(std::uint64_t entries, std::uint64_t before) noexcept;
  Result<std::uint64_t> ready_for(std::span<const WriteOp> ops, std::span<const std::uint64_t> mixed);
  Result<void> ready_for(std::uint64_t key_hash, std::uint64_t payload_size);
  Result<std::uint64_t> append_op(const WriteOp& op);
  Result<void> publish(Durability durability);
  void index_op(const WriteOp& op, std::uint64_t trailer_offset, std::uint64_t payload_size) noexcept;
  void index_values(std::span<const WriteOp> ops, std::span<const std::uint64_t> key_hashes,
                    std::span<const std::uint64_t> mixed, std::span<const std::uint64_t> trailer_offsets) noexcept;
  Result<void> copy_live(PackedWriter& writer, Packed* out, const Progress& progress);
  Result<std::shared_ptr<FileImage>> load_packed(std::unique_ptr<File> file, std::uint64_t tail, Packed packed);
  void switch_to(std::shared_ptr<FileImage> next, std::unique_ptr<Appender> next_appender) noexcept;
  void sync_new_name() noexcept;
  Result<std::uint64_t> finish_write(Turn turn, const Result<Appended>& appended, Durability durability);
  Result<std::uint64_t> commit(const Appended& appended, Durability durability);
  Error remember_failure(const Error& error) noexcept;
  Result<std::uint64_t> sync_all(bool strict) noexcept override;
  [[nodiscard]] FileImage& image() const noexcept { return *image_.load(std::memory_order_acquire); }

  void count_lookup(const ReadSection& section, std::uint64_t hits, std::uint64_t misses) const noexcept;
  void show(std::shared_ptr<FileImage> next) noexcept;
  template <FileImage::Reach kReach, typename Take>
  FileImage::Look look_quickly(std::uint64_t key_hash, Take take) const noexcept;
  Status check_payload(const Found& found, Error* error) const noexcept;
  template <typename Emit>
  Status look_up_block(const FileImage& now, std::span<const std::uint64_t> key_hashes, Error* error,
                       Emit&& emit) const noexcept;
  Status get_block(const FileImage& now, const ReadSection& section, std::span<const std::uint64_t> key_hashes,
                   const bool* is_absent, Entry** out, Error* error) const noexcept;
  std::optional<Status> last_entry_nearby(Entry** out, Error* error) const noexcept;
  Result<Entry*> entry_to_copy(std::uint64_t key_hash, const Store& target) const;
  Status view_in(const FileImage& image, std::uint64_t key_hash, Found* out, MappedFile** out_mapped,
                 Error* error) const noexcept;

  FileSystem& files_;
  std::string path_;
  std::string real_path_;
  OpenSettings settings_;
  Layout layout_;
  std::string generation_;
  std::string recovered_from_;
  std::optional<FileInfo> indexed_file_;  // the file as it was when its index was read from the index file

  std::atomic<FileImage*> image_{nullptr};  // moves under write_mutex_; read by anybody in a read section
  std::atomic<const FileImage*> quick_image_{nullptr};  // the same, where look_quickly() may be asked
  mutable std::mutex image_mutex_;
  std::shared_ptr<FileImage> image_owner_;  // under image_mutex_

  mutable std::mutex write_mutex_;
  std::condition_variable reservation_ended_;
  bool reservation_open_ = false;
  std::thread::id reservation_owner_;
  std::unique_ptr<Appender> appender_;
  bool writer_prepared_ = false;  // what was in the file before our first write is on the disk
  bool folder_sync_pending_ = false;
  bool writer_failed_ = false;
  Error failure_;
  GroupCommit group_commit_;
  BackgroundTask release_of_old_;  // the file that compaction replaced
  ForkCanary canary_;

  // Moved under write_mutex_, read by anybody.
  struct Figures {
    std::atomic<std::uint64_t> put_count{0};
    std::atomic<std::uint64_t> written_size{0};
    std::atomic<std::uint64_t> sync_count{0};
    std::atomic<std::uint64_t> window_count{0};
    std::atomic<std::uint64_t> durable_tail{0};
  };
  Figures figures_;

  struct alignas(64) LookupCounter {
    std::atomic<std::uint64_t> hits{0};
    std::atomic<std::uint64_t> misses{0};
  };
  PerReader<LookupCounter> lookups_;
};

// A plain lookup, in line from the C call down: see KeyIndex::find_quickly().

// Calls take(section, record, mapped) for what is there, which says false where that needs a call after all.
template <FileImage::Reach kReach, typename Take>
[[gnu::always_inline]] inline FileImage::Look Store::look_quickly(std::uint64_t key_hash, Take take) const noexcept {
  const QuickReadSection section;
  if (!section.is_open()) [[unlikely]]
    return FileImage::Look::kUnsure;
  const FileImage* const now = quick_image_.load(std::memory_order_acquire);
  if (now == nullptr) [[unlikely]] {
    section.close();
    return FileImage::Look::kUnsure;
  }
  EntryRecord record;
  MappedFile* mapped;
  const FileImage::Look look = now->look_quickly<kReach>(key_hash, &record, &mapped);
  if (look == FileImage::Look::kFound) [[likely]] {
    if (take(section, record, mapped)) [[likely]] {
      section.close();
      add_alone(lookups_[section].hits, 1);  // the slot is the thread's in any case
      return FileImage::Look::kFound;
    }
  } else if (look == FileImage::Look::kAbsent) {
    section.close();
    add_alone(lookups_[section].misses, 1);
    return FileImage::Look::kAbsent;
  }
  section.close();
  return look == FileImage::Look::kFurther ? look : FileImage::Look::kUnsure;
}

template <FileImage::Reach kReach>
[[gnu::always_inline]] inline FileImage::Look Store::view_quickly(std::uint64_t key_hash,
                                                                  FlatView* out) const noexcept {
  return look_quickly<kReach>(
      key_hash, [&](const QuickReadSection&, const EntryRecord& record, const MappedFile* mapped)
                    __attribute__((always_inline)) {
                      const std::byte* const data = mapped->bytes().data() + record.payload_offset;
                      *out = {data, record.payload_size(), key_hash, record.payload_offset, record.crc32, 0};
                      return true;
                    });
}

template <FileImage::Reach kReach>
[[gnu::always_inline]] inline FileImage::Look Store::get_quickly(std::uint64_t key_hash, Entry** out) const noexcept {
  return look_quickly<kReach>(
      key_hash, [&](const QuickReadSection& section, const EntryRecord& record, MappedFile* mapped)
                    __attribute__((always_inline)) {
                      *out = Entry::create_quickly(section, mapped, record);
                      return *out != nullptr;
                    });
}

// Refusals that need no store: each names what was wrong.
Result<void> check_payload_allowed(ByteView payload) noexcept;
Result<void> check_hash_allowed(std::uint64_t key_hash) noexcept;
// The same in short.
[[nodiscard]] inline bool is_payload_allowed(ByteView payload) noexcept {
  return payload.size() > 1 || (payload.size() == 1 && payload[0] != kTombstoneByte);
}

}  // namespace simdr::core
