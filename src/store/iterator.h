// Walks the chain from a snapshot's tail, newest to oldest, and hands out what is live in it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "store/store.h"

namespace simdr::core {

class Iterator {
 public:
  struct Options {
    bool all_versions = false;
    bool verify = false;
    std::optional<std::uint64_t> only_key_hash;  // implies all versions, of this key
  };

  Iterator(const Store& store, const Options& options);
  ~Iterator();
  Iterator(const Iterator&) = delete;
  Iterator& operator=(const Iterator&) = delete;

  // Up to `capacity` entries; *out_count is how many. kNotFound at the end only. kCorrupt (an entry's checksum, with verify): nothing
  // is handed out, and the next call goes on behind that entry. Views are valid as long as the iterator is.
  Status next(Found* out, std::size_t capacity, std::size_t* out_count, Error* error);
  Status next_entry(Entry** out, Error* error);

  // The file as it was when this began: readable up to tail(), while the iterator lives.
  [[nodiscard]] ByteView file_bytes() const noexcept { return mapped_->bytes(); }
  [[nodiscard]] std::uint64_t tail() const noexcept { return snapshot_.tail(); }

 private:
  static constexpr std::size_t kBlock = 64;

  Status fill_block(Error* error);
  void keep_live();
  [[nodiscard]] bool is_wanted(const EntryRecord& record) const noexcept;
  Status check(const Found& found, Error* error) const;

  Options options_;
  Layout layout_;
  Snapshot snapshot_;
  std::shared_ptr<FileImage> image_;
  MappedFile* mapped_;  // with a reference on stripe_
  std::uint32_t stripe_;
  bool nothing_is_dead_;
  std::uint64_t cursor_;  // the tail of the next entry to look at
  std::array<EntryRecord, kBlock> block_;
  std::size_t block_size_ = 0;
  std::size_t block_at_ = 0;
};

}  // namespace simdr::core
