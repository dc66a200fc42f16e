// The index file: a store's key index, kept in a file beside it, so that opening need not walk the store.
//
// It is used only for the very file it was made of, unchanged: same size, same inode, same times of its last modification and
// its last change, the second of which nobody can set. Whatever wrote to the store since, this library or another, in place or
// under its name, has moved one of them. Then it is ignored, and made anew when a writer closes. So it may be deleted at any time, and
// a wrong one costs time and never a key.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "platform/file.h"
#include "store/file_image.h"

namespace simdr::core {

[[nodiscard]] std::string index_file_path(const std::string& store_path);

// Both times, the inode and the size are the same: nothing has touched the file in between.
[[nodiscard]] bool is_unchanged(const FileInfo& before, const FileInfo& now) noexcept;

class IndexFile final : private SlotSource {
 public:
  // That of the store whose file is as `store` tells. kNoSuchFile when there is none; else the words say why it is of no use. May throw
  // std::bad_alloc.
  static Result<std::unique_ptr<IndexFile>> open(FileSystem& files, const std::string& store_path,
                                                 const FileInfo& store);
  // Writes that of `image`, whose file was closed to writing at its tail, and syncs it. What has its name is replaced if it
  // is an index file too, and left alone if it is not. May throw std::bad_alloc.
  static Result<void> save(FileSystem& files, const std::string& store_path, const FileImage& image);

  // That of the index: the image is to be made with it.
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  // A writer needs an index of its own; readers share the one in the page cache.
  enum class Use : std::uint8_t { kCopied, kInPlace };
  // Fills in the index, the tallies, the layout and the tail of an image that is empty; after an error it is empty again.
  Result<void> load(FileImage* image, Use use);

 private:
  IndexFile(std::unique_ptr<File> file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  Result<void> read_header(const FileInfo& store);
  [[nodiscard]] bool copy_index(KeyIndex* index);
  [[nodiscard]] bool map_index(FileImage* image);
  [[nodiscard]] Error useless(const char* why) const noexcept;
  const std::uint64_t* next(std::size_t slot_count) noexcept override;

  std::unique_ptr<File> file_;
  std::string path_;
  std::uint64_t seed_ = 0;
  std::uint64_t key_count_ = 0;
  Sums sums_;
  std::uint64_t store_size_ = 0;
  std::vector<SegmentShape> shapes_;
  std::vector<std::uint32_t> crcs_;
  std::uint64_t slots_at_ = 0;
  // What next() is about.
  std::vector<std::uint64_t> slots_;
  std::size_t next_segment_ = 0;
  std::uint64_t next_offset_ = 0;
};

}  // namespace simdr::core
