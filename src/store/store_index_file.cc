// The store's use of its index file. None of what goes wrong here is an error: without it, opening walks the store.
#include <new>

#include "store/index_file.h"
#include "store/store.h"

namespace simdr::core {

std::unique_ptr<IndexFile> Store::open_index_file(const FileInfo& info) const {
  if (!settings_.index_file || settings_.layout.value_or(kAligned64) != kAligned64) return nullptr;
  Result<std::unique_ptr<IndexFile>> opened = IndexFile::open(files_, real_path_, info);
  if (opened) return *std::move(opened);
  const bool is_absent = opened.error().status == Status::kNoSuchFile;
  const std::string none = index_file_path(real_path_) + ": there is none yet, the store is walked";
  settings_.log.say(LogLevel::kInfo, is_absent ? none.c_str() : opened.error().message);
  return nullptr;
}

bool Store::load_index_file(IndexFile* index_file, const FileInfo& info, FileImage* image) {
  const IndexFile::Use use = is_read_only() ? IndexFile::Use::kInPlace : IndexFile::Use::kCopied;
  if (Result<void> loaded = index_file->load(image, use); !loaded) {
    settings_.log.say(LogLevel::kWarning, loaded.error().message);
    return false;
  }
  indexed_file_ = info;
  settings_.log.say(LogLevel::kInfo, (index_file_path(real_path_) + ": used, the store was not walked").c_str());
  return true;
}

// After finish_file(), with the lock of the file: what is saved is true of it until somebody else writes. Not of a file that is damaged:
// who opens it is to be told, and not of one that was left with a guard, since its end is still to be found.
void Store::save_index_file() noexcept {
  if (!settings_.index_file || !recovered_from_.empty()) return;
  const Result<FileInfo> info = image().file().info();
  if (!info || info->size != tail() || info->size == 0) return;
  if (indexed_file_ && is_unchanged(*indexed_file_, *info)) return;
  try {
    const Result<void> saved = IndexFile::save(files_, real_path_, image());
    if (!saved) settings_.log.say(LogLevel::kWarning, saved.error().message);
  } catch (const std::bad_alloc&) {
    settings_.log.say(LogLevel::kWarning, "out of memory while the index file was written");
  }
}

}  // namespace simdr::core
