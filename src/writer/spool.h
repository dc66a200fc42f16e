// Holds a value of unknown length until it is complete: in memory while it is small, then in an unnamed temporary file beside
// the store. A producer that is slow or fails half-way thus touches neither the store nor its other writers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "platform/file.h"

namespace simdr::core {

class Spool {
 public:
  // The temporary file, if one is needed, goes to the folder of `path`.
  Spool(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  Result<void> write(ByteView bytes);
  [[nodiscard]] std::uint64_t size() const noexcept { return file_size_ + memory_.size(); }

  // Before the first use of what was written.
  Result<void> finish();
  [[nodiscard]] bool in_file() const noexcept { return file_ != nullptr; }
  [[nodiscard]] ByteView memory() const noexcept { return memory_; }
  Result<void> read_at(std::uint64_t offset, void* to, std::size_t size) { return file_->read_at(offset, to, size); }

 private:
  Result<void> flush();

  FileSystem& files_;
  std::string path_;
  std::vector<std::byte> memory_;
  std::unique_ptr<File> file_;
  std::uint64_t file_size_ = 0;
};

inline constexpr std::size_t kSpoolMemorySize = std::size_t{1} << 20;

}  // namespace simdr::core
