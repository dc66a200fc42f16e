#include "store/import.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "format/key_hash.h"
#include "store/stream.h"

namespace simdr::core {
namespace {

namespace fs = std::filesystem;

// Small files go in batches; one larger than this is read piece by piece and stored alone.
constexpr std::uint64_t kBatchSize = std::uint64_t{8} << 20;
constexpr std::size_t kBatchCount = 1024;

Error source_error(const fs::path& path, const Error& why) noexcept {
  Error error = make_error(Status::kSource, "%s", why.message[0] != '\0' ? why.message : path.c_str());
  error.os_error = why.os_error;
  return error;
}

Error source_error(const fs::path& path, const std::error_code& why) noexcept {
  Error error = make_os_error(why.value(), "%s: cannot be read", path.c_str());
  error.status = Status::kSource;
  return error;
}

class Importer {
 public:
  Importer(Store& store, const FileInfo& own, const ImportSettings& settings, ImportReport* report)
      : store_(store), own_(own), settings_(settings), report_(report) {}

  Result<void> import_folder(const fs::path& folder, const std::string& prefix) {
    std::error_code failure;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator at(folder, failure); !failure && at != fs::directory_iterator();
         at.increment(failure)) {
      entries.push_back(*at);
    }
    if (failure) return source_error(folder, failure);
    // Sorted, so that one tree makes one file, byte for byte, whatever order the file system has.
    std::sort(entries.begin(), entries.end(),
              [](const fs::directory_entry& a, const fs::directory_entry& b) { return a.path() < b.path(); });
    for (const fs::directory_entry& entry : entries) {
      const std::string key = prefix + entry.path().filename().string();
      const fs::file_status status = entry.symlink_status(failure);
      if (failure) return source_error(entry.path(), failure);
      Result<void> done = fs::is_directory(status)      ? import_folder(entry.path(), key + "/")
                          : fs::is_regular_file(status) ? import_file(entry.path(), key)
                                                        : skip(key, 0, Status::kNotRegularFile);
      if (!done) return done;
    }
    return {};
  }

  Result<void> flush() {
    if (batch_.empty()) return {};
    std::vector<WriteOp> ops;
    ops.reserve(batch_.size());
    for (const Pending& file : batch_) ops.push_back({file.key_hash, file.payload});
    if (Result<std::uint64_t> stored = store_.put_many(ops, settings_.durability); !stored) return stored.error();
    const std::vector<Pending> done = std::exchange(batch_, {});
    batch_size_ = 0;
    for (const Pending& file : done) {
      ++report_->file_count;
      report_->stored_size += file.payload.size();
    }
    for (const Pending& file : done) {
      if (Result<void> told = tell(file.key, file.payload.size(), Status::kOk); !told) return told;
    }
    return {};
  }

 private:
  struct Pending {
    std::string key;
    std::uint64_t key_hash;
    std::vector<std::byte> payload;
  };

  Result<void> import_file(const fs::path& path, const std::string& key) {
    Result<std::unique_ptr<File>> file = store_.files().open(path.string(), OpenMode::kReadOnly, 0);
    if (!file) return source_error(path, file.error());
    const Result<FileInfo> info = (*file)->info();
    if (!info) return source_error(path, info.error());
    if (info->same_file(own_)) return skip(key, info->size, Status::kSameStore);  // the store lies in the tree itself
    if (info->size == 0) return skip(key, 0, Status::kEmptyPayload);
    if (info->size > kBatchSize) return import_large(path, **file, info->size, key);

    Pending pending{key, hash_of(key), std::vector<std::byte>(static_cast<std::size_t>(info->size))};
    if (Result<void> got = (*file)->read_at(0, pending.payload.data(), pending.payload.size()); !got) {
      return source_error(path, got.error());
    }
    if (!check_payload_allowed(pending.payload)) return skip(key, info->size, Status::kTombstonePayload);
    if (Result<void> allowed = check_hash_allowed(pending.key_hash); !allowed) return allowed;
    if (batch_.size() == kBatchCount || batch_size_ + info->size > kBatchSize) {
      if (Result<void> flushed = flush(); !flushed) return flushed;
    }
    batch_size_ += info->size;
    batch_.push_back(std::move(pending));
    return {};
  }

  Result<void> import_large(const fs::path& path, File& file, std::uint64_t size, const std::string& key) {
    if (Result<void> flushed = flush(); !flushed) return flushed;
    std::uint64_t at = 0;
    const auto source = [&](void* to, std::size_t capacity) -> Result<std::size_t> {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, size - at));
      if (Result<void> got = file.read_at(at, to, count); !got) return source_error(path, got.error());
      at += count;
      return count;
    };
    Result<std::uint64_t> stored = put_from_source(store_, hash_of(key), source, settings_.durability);
    if (!stored) return stored.error();
    ++report_->file_count;
    report_->stored_size += size;
    return tell(key, size, Status::kOk);
  }

  [[nodiscard]] std::uint64_t hash_of(const std::string& key) const noexcept {
    const ByteView bytes = as_bytes(key.data(), key.size());
    return settings_.namespace_hash ? key_hash(namespaced_key(*settings_.namespace_hash, bytes)) : key_hash(bytes);
  }

  Result<void> skip(const std::string& key, std::uint64_t size, Status why) {
    ++report_->skipped_count;
    return tell(key, size, why);
  }

  Result<void> tell(const std::string& key, std::uint64_t size, Status status) {
    if (!settings_.on_file) return {};
    const int result = settings_.on_file(key, size, status);
    if (result == 0) return {};
    return make_callback_error(result, "on_file: stopped the import");
  }

  Store& store_;
  FileInfo own_;
  const ImportSettings& settings_;
  ImportReport* report_;
  std::vector<Pending> batch_;
  std::uint64_t batch_size_ = 0;
};

}  // namespace

Result<void> import_directory(Store& store, const std::string& directory, const ImportSettings& settings,
                              ImportReport* out) {
  if (Result<void> writable = store.check_writable(); !writable) return writable;
  std::error_code failure;
  const fs::file_status status = fs::status(directory, failure);
  if (!fs::exists(status)) return make_error(Status::kNoSuchFile, "directory: %s does not exist", directory.c_str());
  if (!fs::is_directory(status)) {
    return make_error(Status::kInvalidArgument, "directory: %s is not a directory", directory.c_str());
  }
  const Result<FileInfo> own = store.shared_image()->file().info();
  if (!own) return own.error();
  Importer importer(store, *own, settings, out);
  Result<void> imported = importer.import_folder(directory, "");
  if (!imported && imported.error().status == Status::kStopped) return imported;
  // What was read before a failure is stored all the same, as is said where this is declared.
  Result<void> flushed = importer.flush();
  return imported ? flushed : imported;
}

}  // namespace simdr::core
