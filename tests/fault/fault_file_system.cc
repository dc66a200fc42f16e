#include "fault_file_system.h"

#include <algorithm>
#include <vector>

namespace simdr::core::test {
namespace {

constexpr std::uint64_t kBlockSize = 4096;

class FaultFile final : public File {
 public:
  FaultFile(FaultFileSystem& faults, std::unique_ptr<File> below, bool has_name)
      : faults_(faults), below_(std::move(below)), has_name_(has_name) {}

  [[nodiscard]] File& below() noexcept { return *below_; }
  void set_named() noexcept { has_name_ = true; }

  Result<void> read_at(std::uint64_t offset, void* to, std::size_t size) override {
    if (faults_.fails("read_at")) return faults_.error();
    return below_->read_at(offset, to, size);
  }

  Result<void> write_at(std::uint64_t offset, std::span<const ByteView> parts) override {
    if (!faults_.fails("write_at")) return below_->write_at(offset, parts);
    if (faults_.half_done()) write_half(offset, parts);
    return faults_.error();
  }

  Result<void> truncate(std::uint64_t size) override {
    if (faults_.fails("truncate")) return faults_.error();
    return below_->truncate(size);
  }
  Result<void> allocate(std::uint64_t offset, std::uint64_t size) override {
    if (faults_.fails("allocate")) return faults_.error();
    return below_->allocate(offset, size);
  }
  Result<void> sync_data() override {
    if (faults_.fails("sync_data")) {
      if (has_name_) faults_.note_store_sync_failed();
      return faults_.error();
    }
    return below_->sync_data();
  }
  Result<FileInfo> info() override {
    if (faults_.fails("info")) return faults_.error();
    return below_->info();
  }
  Result<void> set_owner_and_permissions(const FileInfo& like) override {
    if (faults_.fails("set_owner_and_permissions")) return faults_.error();
    return below_->set_owner_and_permissions(like);
  }
  Result<bool> try_lock() override {
    if (faults_.fails("try_lock")) return faults_.error();
    return below_->try_lock();
  }
  void unlock() noexcept override { below_->unlock(); }
  Result<bool> is_locked_by_other() override {
    if (faults_.fails("is_locked_by_other")) return faults_.error();
    return below_->is_locked_by_other();
  }
  Result<std::unique_ptr<Mapping>> map(std::uint64_t offset, std::uint64_t size, Access access) override {
    if (faults_.fails("map")) return faults_.error();
    return below_->map(offset, size, access);
  }
  bool mapped_writes_are_safe() override { return below_->mapped_writes_are_safe(); }

 private:
  // A file system that runs out of blocks or meets a bad one ends a write where a block ends.
  void write_half(std::uint64_t offset, std::span<const ByteView> parts) {
    std::size_t size = 0;
    for (const ByteView part : parts) size += part.size();
    const std::uint64_t end = (offset + size / 2) / kBlockSize * kBlockSize;
    std::size_t left = end > offset ? static_cast<std::size_t>(end - offset) : 0;
    std::vector<ByteView> half;
    for (const ByteView part : parts) {
      const std::size_t taken = std::min(left, part.size());
      if (taken != 0) half.push_back(part.first(taken));
      left -= taken;
    }
    if (!half.empty()) (void)below_->write_at(offset, half);
  }

  FaultFileSystem& faults_;
  std::unique_ptr<File> below_;
  bool has_name_;
};

}  // namespace

bool FaultFileSystem::fails(const char* call) noexcept {
  ++call_count_;
  if (plan_.call_number == 0) return false;
  const bool now = plan_.for_ever ? call_count_ >= plan_.call_number : call_count_ == plan_.call_number;
  if (now && fired_ == nullptr) fired_ = call;
  return now;
}

Error FaultFileSystem::error() const noexcept { return make_os_error(plan_.os_error, "injected"); }

Result<std::unique_ptr<File>> FaultFileSystem::wrap(Result<std::unique_ptr<File>> file, bool has_name) {
  if (!file) return file.error();
  return std::unique_ptr<File>(std::make_unique<FaultFile>(*this, *std::move(file), has_name));
}

Result<std::unique_ptr<File>> FaultFileSystem::open(const std::string& path, OpenMode mode, std::uint32_t permissions) {
  if (fails("open")) return error();
  return wrap(below_.open(path, mode, permissions), true);
}

Result<std::unique_ptr<File>> FaultFileSystem::open_unnamed(const std::string& path) {
  if (fails("open_unnamed")) return error();
  return wrap(below_.open_unnamed(path), false);
}

Result<void> FaultFileSystem::name_unnamed(File& unnamed, const std::string& path) {
  if (fails("name_unnamed")) return error();
  return below_.name_unnamed(static_cast<FaultFile&>(unnamed).below(), path);
}

Result<void> FaultFileSystem::replace(File& unnamed, const std::string& path) {
  if (fails("replace")) return error();
  auto& file = static_cast<FaultFile&>(unnamed);
  Result<void> replaced = below_.replace(file.below(), path);
  if (replaced) file.set_named();
  return replaced;
}

Result<std::string> FaultFileSystem::canonical(const std::string& path) {
  if (fails("canonical")) return error();
  return below_.canonical(path);
}

Result<FileInfo> FaultFileSystem::info(const std::string& path) {
  if (fails("info of a path")) return error();
  return below_.info(path);
}

Result<void> FaultFileSystem::sync_folder_of(const std::string& path) noexcept {
  if (fails("sync_folder_of")) return error();
  return below_.sync_folder_of(path);
}

}  // namespace simdr::core::test
