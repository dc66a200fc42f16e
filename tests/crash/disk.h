// A disk in memory that keeps a log, and what may be on it after a power cut.
//
// RecordingFileSystem is a core::FileSystem whose files are plain memory. A mapping is the file's own memory, so stores through it
// are found by comparing with a shadow, 512-byte sector by sector, before every other call and whenever note() is called.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/file.h"
#include "workload.h"

namespace simdr::core::test {

inline constexpr std::uint64_t kSectorSize = 512;
inline constexpr std::uint64_t kBlockSize = 4096;  // what a file system gives and takes back
using Sector = std::array<std::byte, kSectorSize>;

// One thing that was done to the disk, in the order in which it was.
struct DiskEvent {
  enum class Kind : std::uint8_t {
    kWrite,  // by a system call; extends the file to `size` where that is more
    kStore,  // through a mapping; never extends
    kTruncate,  // to `size`
    kSync,  // of the file's data and size: done
    kName,  // the file got the name `path`, replacing what had it
    kSyncFolder,  // done
    kBegin,  // operation number `operation` begins
    kEnd,  // it was acknowledged
  };
  Kind kind = Kind::kWrite;
  std::uint32_t file = 0;
  std::uint64_t size = 0;
  std::uint64_t operation = 0;
  std::string path;
  std::vector<std::pair<std::uint64_t, Sector>> sectors;  // number, and what it holds from now on
};
using DiskLog = std::vector<DiskEvent>;

class RecordingFileSystem final : public FileSystem {
 public:
  static constexpr std::uint64_t kFileCapacity = std::uint64_t{16} << 20;

  RecordingFileSystem();
  ~RecordingFileSystem();

  // Puts a file there without logging it: it is on the disk already.
  void preset(const std::string& path, const Bytes& bytes);
  // What the file holds now.
  [[nodiscard]] Bytes contents(const std::string& path);

  // Logs what was stored through mappings so far, and then that an operation begins or was acknowledged.
  void note(DiskEvent::Kind kind, std::uint64_t operation);
  void start_recording();
  [[nodiscard]] DiskLog& log() noexcept { return log_; }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode, std::uint32_t permissions) override;
  Result<std::unique_ptr<File>> open_unnamed(const std::string& path) override;
  Result<void> name_unnamed(File& unnamed, const std::string& path) override;
  Result<void> replace(File& unnamed, const std::string& path) override;
  Result<std::string> canonical(const std::string& path) override { return path; }
  Result<FileInfo> info(const std::string& path) override;
  Result<void> sync_folder_of(const std::string& path) noexcept override;

  struct Data;  // of one file
  void touch(Data& data) noexcept;
  void log_write(Data& data, std::uint64_t offset, std::uint64_t size);
  void log_truncate(Data& data, std::uint64_t old_size);
  void log_sync(Data& data);
  void find_stores();

 private:
  std::shared_ptr<Data> make_data();
  void log_name(const Data& data, const std::string& path);

  std::map<std::string, std::shared_ptr<Data>> names_;
  std::vector<std::weak_ptr<Data>> files_;
  DiskLog log_;
  std::int64_t clock_ = 0;
  bool is_recording_ = false;
};

}  // namespace simdr::core::test
