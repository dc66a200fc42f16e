// Salvage and repair of any bytes: what a repair writes is a sound store.
#include <cstring>
#include <memory>

#include "disk.h"
#include "recovery/salvage.h"
#include "recovery/scanner.h"
#include "store/maintenance.h"
#include "targets.h"

namespace simdr::core::test {
namespace {

class Ranges final : public SalvageSink {
 public:
  explicit Ranges(std::uint64_t file_size) : file_size_(file_size) {}
  bool on_entry(const EntryRecord& record, Confidence) override {
    require(record.payload_offset >= end_ && record.trailer_offset < file_size_,
            "entries come in the order of the file");
    end_ = record.trailer_offset;
    return true;
  }
  bool on_lost(std::uint64_t from_offset, std::uint64_t to_offset) override {
    require(from_offset < to_offset && to_offset <= file_size_, "a lost range lies in the file");
    return true;
  }

 private:
  std::uint64_t file_size_;
  std::uint64_t end_ = 0;
};

}  // namespace

void fuzz_salvage(const std::uint8_t* data, std::size_t size) {
  if (size > RecordingFileSystem::kFileCapacity / 4) return;
  const std::unique_ptr<std::byte[]> copy(new std::byte[size]);
  if (size != 0) std::memcpy(copy.get(), data, size);
  Ranges ranges(size);
  const Result<SalvageSummary> salvaged = salvage({copy.get(), size}, {}, &ranges);
  if (salvaged) require_linear(salvaged->work, size);

  RecordingFileSystem files;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), reinterpret_cast<const std::byte*>(data) + size);
  files.preset("/disk/damaged", bytes);
  RepairReport report;
  const Result<void> repaired = repair_file(files, "/disk/damaged", "/disk/repaired", {}, &report);
  require(files.contents("/disk/damaged") == bytes, "the damaged file is only read");
  if (!repaired) return require(!files.info("/disk/repaired"), "a repair that fails leaves no file");

  OpenSettings settings;
  settings.mode = OpenAs::kReadOnly;
  settings.reserve_size = RecordingFileSystem::kFileCapacity;
  settings.layout = kAligned64;
  const Result<std::unique_ptr<Store>> opened = Store::open(files, "/disk/repaired", settings);
  require(static_cast<bool>(opened), "a repaired file opens");
  require((*opened)->recovered_from().empty(), "and is whole");
  const Result<Stats> stats = (*opened)->stats();
  require(stats && stats->entry_count == report.kept_count, "and holds what was said to be kept");
  VerifyReport verified;
  require(static_cast<bool>(verify_store(**opened, {}, {}, &verified)), "and is sound");
}

}  // namespace simdr::core::test
