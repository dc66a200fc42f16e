// A file and what is known of it in memory: its mapping, its index, its tail, its tallies. A store has one at a time; compaction gives
// it a new one, and readers that began on the old one finish there.
//
// Readers reach it through Store's atomic pointer inside a read section (platform/read_section.h); iterators share ownership.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "base/sole_writer.h"
#include "format/trailer.h"
#include "index/key_index.h"
#include "mapping/mapped_file.h"
#include "platform/file.h"
#include "store/snapshot.h"
#include "writer/appender.h"

namespace simdr::core {

// Sums over the entries of the file.
struct Sums {
  std::uint64_t entry_count = 0;  // dead ones and tombstones included, phantoms not
  std::uint64_t tombstone_count = 0;
  std::uint64_t phantom_count = 0;
  std::uint64_t live_size = 0;  // payloads and trailers of live entries
  std::uint64_t live_packed_size = 0;  // the same, each rounded up to the alignment: what compaction leaves
};

// The same as they move. Written under the write lock, read by anybody.
struct Tally {
  std::atomic<std::uint64_t> entry_count{0};
  std::atomic<std::uint64_t> tombstone_count{0};
  std::atomic<std::uint64_t> phantom_count{0};
  std::atomic<std::uint64_t> live_size{0};
  std::atomic<std::uint64_t> live_packed_size{0};

  // With the writer kept out.
  [[nodiscard]] Sums sums() const noexcept {
    return {entry_count, tombstone_count, phantom_count, live_size, live_packed_size};
  }
  // Before anybody else sees them.
  void set(const Sums& sums) noexcept {
    entry_count = sums.entry_count;
    tombstone_count = sums.tombstone_count;
    phantom_count = sums.phantom_count;
    live_size = sums.live_size;
    live_packed_size = sums.live_packed_size;
  }
  static constexpr std::uint64_t packed_size(std::uint64_t payload_size) noexcept {
    return align_up(payload_size + kTrailerSize, kPayloadAlignment);
  }
  void add_live(std::uint64_t payload_size) noexcept {
    add_live_sums(payload_size + kTrailerSize, packed_size(payload_size));
  }
  void add_live_sums(std::uint64_t size, std::uint64_t size_packed) noexcept {
    add_alone(live_size, size);
    add_alone(live_packed_size, size_packed);
  }
  void remove_live(std::uint64_t payload_size) noexcept {
    add_live_sums(-(payload_size + kTrailerSize), -packed_size(payload_size));
  }
  // Before the index counts the keys: see nothing_is_dead().
  void add_entries(std::uint64_t count) noexcept {
    add_alone_and_release(entry_count, count);
    std::atomic_thread_fence(std::memory_order_release);
  }
};

class FileImage {
 public:
  // Maps `file`: see MappedFile::create. The seed of the index is made up unless it is given. May throw std::bad_alloc.
  static Result<std::shared_ptr<FileImage>> map(std::unique_ptr<File> file, std::uint64_t needed_size,
                                                std::uint64_t wanted_size,
                                                std::optional<std::uint64_t> index_seed = std::nullopt);
  FileImage(std::unique_ptr<File> file, MappedFile* mapped, std::uint64_t index_seed) noexcept;
  ~FileImage();
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;

  [[nodiscard]] File& file() const noexcept { return *file_; }
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] std::uint64_t index_seed() const noexcept { return index_seed_; }

  // In a read section, or holding the write lock.
  [[nodiscard]] MappedFile* mapped() const noexcept { return mapped_.load(std::memory_order_acquire); }
  // Writer: makes sure that the first `size` bytes are mapped, with a new and larger reservation when the old one is outgrown.
  // The old one stays, since borrowed views point into it; it is address space only.
  Result<void> ensure_mapped(std::uint64_t size);

  // The newest entry of the key. Fills *out_record and *out_mapped. In a read section, or holding the write lock.
  [[nodiscard]] Status find(std::uint64_t key_hash, EntryRecord* out_record, MappedFile** out_mapped) const noexcept;

  // The same without a call, for a file of the current generation: see KeyIndex::find_quickly(). kUnsure: find() is to say. kFurther, with Reach::kHome
  // only: the same with Reach::kWholeWay is, which goes by find_further().
  enum class Look : std::uint8_t { kFound, kAbsent, kFurther, kUnsure };
  enum class Reach : std::uint8_t { kHome, kWholeWay };
  template <Reach kReach>
  [[nodiscard, gnu::always_inline]] Look look_quickly(std::uint64_t key_hash, EntryRecord* out_record,
                                                      MappedFile** out_mapped) const noexcept {
    std::uint64_t offset;
    const KeyIndex::QuickAnswer answer =
        kReach == Reach::kHome ? index.find_quickly(key_hash, &offset) : index.find_further(key_hash, &offset);
    switch (answer) {
      case KeyIndex::QuickAnswer::kAbsent:
        return Look::kAbsent;
      case KeyIndex::QuickAnswer::kFurther:
        return Look::kFurther;
      case KeyIndex::QuickAnswer::kUnsure:
        return Look::kUnsure;
      case KeyIndex::QuickAnswer::kPerhaps:
        break;
    }
    MappedFile* const mapping = mapped();
    const ByteView file = mapping->bytes();  // a page at least, all of it in the file up to any offset in the index
    // Where a small value begins: see HashesInFile. As a number, since it may be nowhere.
    prefetch_line(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(file.data()) + offset - 64));
    *out_mapped = mapping;
    // The hash first: then it takes no register.
    if (offset > file.size() - kTrailerSize || load_le64(file.data() + offset + kTrailerKeyHashAt) != key_hash) {
      return Look::kUnsure;
    }
    return read_current_value(file, offset, out_record) ? Look::kFound : Look::kUnsure;
  }

  [[nodiscard]] std::uint64_t live_count() const noexcept { return index.count(); }
  // Writer: the entry at `trailer_offset` is live no more.
  void forget_live(std::uint64_t trailer_offset) noexcept {
    EntryRecord dead;
    if (read_entry_record(mapped()->bytes(), trailer_offset, layout, &dead)) tally.remove_live(dead.payload_size());
  }
  // True when every entry on the chain is live: scans then need not ask the index.
  [[nodiscard]] bool nothing_is_dead() const noexcept;

  // What makes a chain that ends at `at_tail` show what this image does, written behind it: recovery passed over torn entries there.
  // Nothing when the first write did that already. kCorrupt where the file was changed since. In a read section, or holding the write
  // lock; may throw std::bad_alloc. The payloads stay for as long as the image does.
  [[nodiscard]] Result<std::vector<WriteOp>> unveiling(std::uint64_t at_tail) const;

  // Memory that the index refers to.
  void keep(std::unique_ptr<Mapping> of_index) noexcept { index_mapping_ = std::move(of_index); }

  KeyIndex index;
  Layout layout;
  std::atomic<std::uint64_t> tail{0};  // where the newest visible entry ends
  // Keys whose newest entry is torn in a chain that ends at veiled_tail: recovery showed an older one, or none. Set at opening.
  std::vector<std::uint64_t> veiled;
  std::uint64_t veiled_tail = 0;
  Tally tally;
  SnapshotRegistry snapshots;

 private:
  std::unique_ptr<File> file_;
  std::unique_ptr<Mapping> index_mapping_;
  std::atomic<MappedFile*> mapped_;
  std::vector<MappedFile*> outgrown_;
  std::uint64_t id_;
  std::uint64_t index_seed_;
};

}  // namespace simdr::core
