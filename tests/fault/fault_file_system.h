// A file system in which the n-th call fails: once or for ever, with a given number, after nothing or after half of the work.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "platform/file.h"

namespace simdr::core::test {

struct FaultPlan {
  std::uint64_t call_number = 0;  // counted from 1; 0: none fails
  bool for_ever = false;  // all later ones fail too
  int os_error = 0;
  bool half_done = false;  // a write puts about half of its bytes there before it fails
};

class FaultFileSystem final : public FileSystem {
 public:
  explicit FaultFileSystem(FileSystem& below) noexcept : below_(below) {}

  void arm(const FaultPlan& plan) noexcept {
    plan_ = plan;
    call_count_ = 0;
    fired_ = nullptr;
    store_sync_failed_ = false;
  }
  void disarm() noexcept { plan_ = {}; }
  [[nodiscard]] std::uint64_t call_count() const noexcept { return call_count_; }
  // The first call that failed, or nullptr.
  [[nodiscard]] const char* fired() const noexcept { return fired_; }
  // A sync of a file that has a name failed: its store must never again say that anything is durable.
  [[nodiscard]] bool store_sync_failed() const noexcept { return store_sync_failed_; }
  void note_store_sync_failed() noexcept { store_sync_failed_ = true; }

  // True when this call is to fail.
  bool fails(const char* call) noexcept;
  [[nodiscard]] Error error() const noexcept;
  [[nodiscard]] bool half_done() const noexcept { return plan_.half_done; }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode, std::uint32_t permissions) override;
  Result<std::unique_ptr<File>> open_unnamed(const std::string& path) override;
  Result<void> name_unnamed(File& unnamed, const std::string& path) override;
  Result<void> replace(File& unnamed, const std::string& path) override;
  Result<std::string> canonical(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  Result<void> sync_folder_of(const std::string& path) noexcept override;

 private:
  Result<std::unique_ptr<File>> wrap(Result<std::unique_ptr<File>> file, bool has_name);

  FileSystem& below_;
  FaultPlan plan_;
  std::uint64_t call_count_ = 0;
  const char* fired_ = nullptr;
  bool store_sync_failed_ = false;
};

}  // namespace simdr::core::test
