#include "writer/spool.h"

namespace simdr::core {

Result<void> Spool::write(ByteView bytes) {
  if (memory_.size() + bytes.size() <= kSpoolMemorySize) {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
    return {};
  }
  if (Result<void> flushed = flush(); !flushed) return flushed;
  if (bytes.size() < kSpoolMemorySize / 2) {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
    return {};
  }
  if (Result<void> written = file_->write_at(file_size_, {&bytes, 1}); !written) return written;
  file_size_ += bytes.size();
  return {};
}

Result<void> Spool::finish() { return in_file() ? flush() : Result<void>{}; }

Result<void> Spool::flush() {
  if (file_ == nullptr) {
    Result<std::unique_ptr<File>> file = files_.open_unnamed(path_);
    if (!file) return file.error();
    file_ = std::move(*file);
  }
  if (memory_.empty()) return {};
  const ByteView part(memory_);
  if (Result<void> written = file_->write_at(file_size_, {&part, 1}); !written) return written;
  file_size_ += memory_.size();
  memory_.clear();
  return {};
}

}  // namespace simdr::core
