// Walks the chain from a snapshot's tail, newest to oldest, and hands out what is live in it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "store/scan_prefetch.h"
#include "store/store.h"

namespace simdr::core {

class Iterator {
 public:
  struct Options {
    bool all_versions = false;
    bool verify = false;
    std::optional<std::uint64_t> only_key_hash;  // implies all versions, of this key
    bool writer_waits = false;  // the caller keeps it out, until this iterator is gone
  };

  Iterator(const Store& store, const Options& options);
  ~Iterator();
  Iterator(const Iterator&) = delete;
  Iterator& operator=(const Iterator&) = delete;

  // Up to `capacity` entries; *out_count is how many. kNotFound at the end only. kCorrupt (an entry's checksum, with verify): nothing
  // is handed out, and the next call goes on behind that entry. Views are valid as long as the iterator is.
  Status next(Found* out, std::size_t capacity, std::size_t* out_count, Error* error);
  // The same, with emit(record, payload's address) called for each.
  template <typename Emit>
  Status next_each(std::size_t capacity, std::size_t* out_count, Error* error, Emit&& emit) {
    std::size_t count = is_plain_ ? pass_plainly(capacity, emit) : 0;
    for (; count < capacity; ++count) {
      EntryRecord record;
      const Status status = look(&record, error);
      // What was found before an error goes out first; the next call meets it again.
      if (status == Status::kNotFound || (status != Status::kOk && count != 0)) break;
      if (status != Status::kOk) return status == Status::kCorrupt ? end_with(status) : status;
      const std::byte* const data = mapped_->bytes().data() + record.payload_offset;
      if (options_.verify && !matches(record, data)) [[unlikely]] {
        if (count != 0) break;  // as above
        ++block_at_;
        return tell_damaged(record, error);
      }
      ++block_at_;
      emit(record, data);
    }
    *out_count = count;
    return count == 0 && capacity != 0 ? Status::kNotFound : Status::kOk;
  }
  Status next_entry(Entry** out, Error* error);

  // The file as it was when this began: readable up to tail(), while the iterator lives.
  [[nodiscard]] ByteView file_bytes() const noexcept { return mapped_->bytes(); }
  [[nodiscard]] std::uint64_t tail() const noexcept { return snapshot_.tail(); }

 private:
  static constexpr std::size_t kBlock = 64;

  // next_each() as long as nothing is in the way, with what the walk needs in registers. How many there were. What stops it,
  // the rest of the walk looks at block by block.
  template <typename Emit>
  std::size_t pass_plainly(std::size_t capacity, Emit& emit) {
    const ByteView file = mapped_->bytes();
    const bool verify = options_.verify;
    std::uint64_t cursor = cursor_;
    ScanPrefetch prefetch = prefetch_;
    std::size_t count = 0;
    for (EntryRecord record; count < capacity && cursor >= kTrailerSize; ++count) {
      if (!read_current_value(file, cursor - kTrailerSize, &record)) break;
      const std::byte* const data = file.data() + record.payload_offset;
      if (verify && !matches(record, data)) [[unlikely]]
        break;
      const std::uint64_t step = cursor - record.prev_tail;
      cursor = record.prev_tail;
      prefetch.follow(file, cursor, step, record, verify);
      emit(record, data);
    }
    cursor_ = cursor;
    prefetch_ = prefetch;
    is_plain_ = count == capacity;
    return count;
  }
  // The entry to hand out next, of the block.
  Status look(EntryRecord* out, Error* error);
  Status end_with(Status status) noexcept {
    cursor_ = 0;
    return status;
  }
  void pass_back(const EntryRecord& record) noexcept {
    if (is_plain_) {
      cursor_ = record.trailer_offset + kTrailerSize;
    } else {
      --block_at_;
    }
  }
  Status fill_block(Error* error);
  void keep_live();
  [[nodiscard]] bool is_wanted(const EntryRecord& record) const noexcept;
  [[nodiscard]] bool matches(const EntryRecord& record, const std::byte* data) const noexcept {
    return checksum_matches({data, static_cast<std::size_t>(record.payload_size())}, record.crc32,
                            layout_.trailer_size);
  }
  static Status tell_damaged(const EntryRecord& record, Error* error) noexcept;

  Options options_;
  Layout layout_;
  Snapshot snapshot_;
  std::shared_ptr<FileImage> image_;
  MappedFile* mapped_;  // with a reference on stripe_
  std::uint32_t stripe_;
  bool nothing_is_dead_;
  // Nothing is dead, the current generation, and no damage so far: what the chain holds is what is handed out.
  bool is_plain_;
  std::uint64_t cursor_;  // the tail of the next entry to look at
  ScanPrefetch prefetch_;
  std::array<EntryRecord, kBlock> block_;
  std::size_t block_size_ = 0;
  std::size_t block_at_ = 0;
};

}  // namespace simdr::core
