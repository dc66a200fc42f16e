#include "disk.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/checked.h"
#include "format/guard_line.h"

namespace simdr::core::test {
namespace {

Error no_such_file(const std::string& path) {
  return make_error(Status::kNoSuchFile, "%s: no such file", path.c_str());
}

// Memory that is there when it is touched.
std::byte* reserve_memory(std::uint64_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : static_cast<std::byte*>(at);
}

}  // namespace

struct RecordingFileSystem::Data {
  RecordingFileSystem* files = nullptr;
  std::uint32_t number = 0;
  std::byte* bytes = nullptr;
  std::byte* shadow = nullptr;  // as far as it is logged
  std::uint64_t size = 0;
  bool locked = false;
  std::int64_t changed_at = 0;  // by the disk's own clock
  std::vector<std::pair<std::uint64_t, std::uint64_t>> windows;  // writable mappings: begin, end

  Data() : bytes(reserve_memory(kFileCapacity)), shadow(reserve_memory(kFileCapacity)) {}
  ~Data() {
    ::munmap(bytes, kFileCapacity);
    ::munmap(shadow, kFileCapacity);
  }
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;

  [[nodiscard]] Sector sector(const std::byte* from, std::uint64_t number_of) const {
    Sector out;
    std::memcpy(out.data(), from + number_of * kSectorSize, kSectorSize);
    return out;
  }
};

namespace {

class MemoryMapping final : public Mapping {
 public:
  MemoryMapping(std::shared_ptr<RecordingFileSystem::Data> data, std::uint64_t offset, std::uint64_t size,
                bool writable)
      : Mapping(data->bytes + offset, size), data_(std::move(data)), offset_(offset), writable_(writable) {
    if (!writable_) return;
    data_->windows.emplace_back(offset, offset + size);
    data_->files->touch(*data_);
  }
  ~MemoryMapping() override {
    if (!writable_) return;
    data_->files->touch(*data_);
    data_->files->find_stores();
    std::erase(data_->windows, std::pair(offset_, offset_ + size()));
  }

 private:
  std::shared_ptr<RecordingFileSystem::Data> data_;
  std::uint64_t offset_;
  bool writable_;
};

class MemoryFile final : public File {
 public:
  using Data = RecordingFileSystem::Data;

  explicit MemoryFile(std::shared_ptr<Data> data) : data_(std::move(data)) {}
  ~MemoryFile() override { MemoryFile::unlock(); }
  [[nodiscard]] const std::shared_ptr<Data>& data() const noexcept { return data_; }

  Result<void> read_at(std::uint64_t offset, void* to, std::size_t size) override {
    if (offset > data_->size || size > data_->size - offset)
      return make_error(Status::kIo, "the file ends before that");
    std::memcpy(to, data_->bytes + offset, size);
    return {};
  }

  Result<void> write_at(std::uint64_t offset, std::span<const ByteView> parts) override {
    data_->files->find_stores();
    std::uint64_t at = offset;
    for (const ByteView part : parts) {
      if (at + part.size() > RecordingFileSystem::kFileCapacity)
        return make_error(Status::kNoSpace, "the disk is full");
      if (!part.empty()) std::memcpy(data_->bytes + at, part.data(), part.size());
      at += part.size();
    }
    data_->size = std::max(data_->size, at);
    data_->files->touch(*data_);
    data_->files->log_write(*data_, offset, at - offset);
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    data_->files->find_stores();
    const std::uint64_t old_size = data_->size;
    if (size < old_size) std::memset(data_->bytes + size, 0, old_size - size);
    data_->size = size;
    data_->files->touch(*data_);
    data_->files->log_truncate(*data_, old_size);
    return {};
  }

  Result<void> allocate(std::uint64_t, std::uint64_t) override { return {}; }
  Result<void> sync_data() override {
    data_->files->log_sync(*data_);
    return {};
  }
  Result<FileInfo> info() override { return info_of(*data_); }
  Result<void> set_owner_and_permissions(const FileInfo&) override { return {}; }
  Result<bool> try_lock() override {
    if (data_->locked && !has_lock_) return false;
    data_->locked = has_lock_ = true;
    return true;
  }
  void unlock() noexcept override {
    if (has_lock_) data_->locked = false;
    has_lock_ = false;
  }
  Result<bool> is_locked_by_other() override { return data_->locked && !has_lock_; }

  Result<std::unique_ptr<Mapping>> map(std::uint64_t offset, std::uint64_t size, Access access) override {
    if (offset + size > RecordingFileSystem::kFileCapacity) return make_error(Status::kNoMemory, "no address space");
    return std::unique_ptr<Mapping>(new MemoryMapping(data_, offset, size, access == Access::kReadWrite));
  }
  bool mapped_writes_are_safe() override { return true; }

  static FileInfo info_of(const Data& data) {
    FileInfo info;
    info.size = data.size;
    info.device = 1;
    info.inode = data.number + 1;
    info.modified_ns = info.changed_ns = data.changed_at;
    info.permissions = 0644;
    info.is_regular = true;
    return info;
  }

 private:
  std::shared_ptr<Data> data_;
  bool has_lock_ = false;
};

// Of a window, the only line that is stored to again and again: the fields of the guard, always in this order.
constexpr std::size_t kGuardFieldsInOrder[] = {kGuardPrevTailAt, kGuardSyncedAt, kGuardDurableAt};

}  // namespace

RecordingFileSystem::RecordingFileSystem() = default;
RecordingFileSystem::~RecordingFileSystem() = default;

std::shared_ptr<RecordingFileSystem::Data> RecordingFileSystem::make_data() {
  auto data = std::make_shared<Data>();
  data->files = this;
  data->number = static_cast<std::uint32_t>(files_.size());
  touch(*data);
  files_.push_back(data);
  return data;
}

void RecordingFileSystem::touch(Data& data) noexcept { data.changed_at = ++clock_; }

void RecordingFileSystem::preset(const std::string& path, const Bytes& bytes) {
  std::shared_ptr<Data> data = make_data();
  if (!bytes.empty()) {
    std::memcpy(data->bytes, bytes.data(), bytes.size());
  }
  data->size = bytes.size();
  names_[path] = std::move(data);
}

void RecordingFileSystem::start_recording() {
  for (const std::weak_ptr<Data>& file : files_) {
    const std::shared_ptr<Data> data = file.lock();
    if (data != nullptr) std::memcpy(data->shadow, data->bytes, align_up(data->size, kSectorSize));
  }
  is_recording_ = true;
}

Bytes RecordingFileSystem::contents(const std::string& path) {
  const auto named = names_.find(path);
  if (named == names_.end()) return {};
  return {named->second->bytes, named->second->bytes + named->second->size};
}

void RecordingFileSystem::note(DiskEvent::Kind kind, std::uint64_t operation) {
  find_stores();
  if (!is_recording_) return;
  DiskEvent event;
  event.kind = kind;
  event.operation = operation;
  log_.push_back(std::move(event));
}

void RecordingFileSystem::log_write(Data& data, std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t first = offset / kSectorSize;
  const std::uint64_t end = align_up(offset + size, kSectorSize) / kSectorSize;
  if (!is_recording_) return;
  std::memcpy(data.shadow + first * kSectorSize, data.bytes + first * kSectorSize, (end - first) * kSectorSize);
  DiskEvent event;
  event.kind = DiskEvent::Kind::kWrite;
  event.file = data.number;
  event.size = offset + size;
  for (std::uint64_t number = first; number < end; ++number)
    event.sectors.emplace_back(number, data.sector(data.bytes, number));
  log_.push_back(std::move(event));
}

// Where a file is cut, the rest of its last block turns to zeros; whole blocks behind it are gone with the size.
void RecordingFileSystem::log_truncate(Data& data, std::uint64_t old_size) {
  if (!is_recording_) return;
  if (data.size < old_size) std::memset(data.shadow + data.size, 0, old_size - data.size);
  DiskEvent event;
  event.kind = DiskEvent::Kind::kTruncate;
  event.file = data.number;
  event.size = data.size;
  const std::uint64_t end = std::min(old_size, align_up(data.size, kBlockSize));
  for (std::uint64_t number = data.size / kSectorSize; number * kSectorSize < end; ++number) {
    event.sectors.emplace_back(number, data.sector(data.bytes, number));
  }
  log_.push_back(std::move(event));
}

void RecordingFileSystem::log_sync(Data& data) {
  find_stores();
  if (!is_recording_) return;
  DiskEvent event;
  event.kind = DiskEvent::Kind::kSync;
  event.file = data.number;
  log_.push_back(std::move(event));
}

void RecordingFileSystem::log_name(const Data& data, const std::string& path) {
  find_stores();
  if (!is_recording_) return;
  DiskEvent event;
  event.kind = DiskEvent::Kind::kName;
  event.file = data.number;
  event.path = path;
  log_.push_back(std::move(event));
}

// Everything that differs from the shadow. A sector that holds the standing guard gets a version for each of its fields.
void RecordingFileSystem::find_stores() {
  if (!is_recording_) return;
  for (const std::weak_ptr<Data>& file : files_) {
    const std::shared_ptr<Data> data = file.lock();
    if (data == nullptr || data->windows.empty()) continue;
    DiskEvent event;
    event.kind = DiskEvent::Kind::kStore;
    event.file = data->number;
    const std::uint64_t guard_line = data->size >= kGuardSize ? data->size - kGuardSize : 0;
    for (const auto& [begin, end] : data->windows) {
      for (std::uint64_t number = begin / kSectorSize; number * kSectorSize < end; ++number) {
        std::byte* now = data->bytes + number * kSectorSize;
        std::byte* then = data->shadow + number * kSectorSize;
        if (std::memcmp(now, then, kSectorSize) == 0) continue;
        if (guard_line / kSectorSize == number) {
          // What lies in the same sector before the guard was stored before it.
          std::memcpy(then, now, guard_line % kSectorSize);
          event.sectors.emplace_back(number, data->sector(data->shadow, number));
          for (const std::size_t field : kGuardFieldsInOrder) {
            std::memcpy(then + guard_line % kSectorSize + field, now + guard_line % kSectorSize + field, 8);
            event.sectors.emplace_back(number, data->sector(data->shadow, number));
          }
        }
        std::memcpy(then, now, kSectorSize);
        event.sectors.emplace_back(number, data->sector(data->shadow, number));
      }
    }
    if (!event.sectors.empty()) log_.push_back(std::move(event));
  }
}

Result<std::unique_ptr<File>> RecordingFileSystem::open(const std::string& path, OpenMode mode, std::uint32_t) {
  const auto named = names_.find(path);
  if (mode == OpenMode::kCreateNew) {
    if (named != names_.end()) return make_error(Status::kExists, "%s: already exists", path.c_str());
    std::shared_ptr<Data> data = make_data();
    names_[path] = data;
    log_name(*data, path);
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(std::move(data)));
  }
  if (named == names_.end()) return no_such_file(path);
  return std::unique_ptr<File>(std::make_unique<MemoryFile>(named->second));
}

Result<std::unique_ptr<File>> RecordingFileSystem::open_unnamed(const std::string&) {
  return std::unique_ptr<File>(std::make_unique<MemoryFile>(make_data()));
}

Result<void> RecordingFileSystem::name_unnamed(File& unnamed, const std::string& path) {
  if (names_.contains(path)) return make_error(Status::kExists, "%s: already exists", path.c_str());
  return replace(unnamed, path);
}

Result<void> RecordingFileSystem::replace(File& unnamed, const std::string& path) {
  const std::shared_ptr<Data>& data = static_cast<MemoryFile&>(unnamed).data();
  names_[path] = data;
  touch(*data);
  log_name(*data, path);
  return {};
}

Result<FileInfo> RecordingFileSystem::info(const std::string& path) {
  const auto named = names_.find(path);
  if (named == names_.end()) return no_such_file(path);
  return MemoryFile::info_of(*named->second);
}

Result<void> RecordingFileSystem::sync_folder_of(const std::string&) noexcept {
  find_stores();
  if (!is_recording_) return {};
  DiskEvent event;
  event.kind = DiskEvent::Kind::kSyncFolder;
  log_.push_back(std::move(event));
  return {};
}

}  // namespace simdr::core::test
