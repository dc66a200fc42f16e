// Files as this library uses them. One interface, so that tests can stand a failing or a recording file system under
// the whole store; the implementation for the running system is system_file_system().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "platform/mapping.h"

namespace simdr::core {

struct FileInfo {
  std::uint64_t size = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;  // of the contents, since 1970; any program may set it
  std::int64_t changed_ns = 0;  // of anything about the file, by the system's clock; nobody can set it
  std::uint32_t permissions = 0;  // the 12 mode bits
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  bool is_regular = false;
  bool is_directory = false;

  [[nodiscard]] bool same_file(const FileInfo& other) const noexcept {
    return device == other.device && inode == other.inode;
  }
};

// An open regular file. Calls may come from several threads at once. Every read and write is whole or an error:
// interruptions and short transfers are carried on with inside.
class File {
 public:
  virtual ~File() = default;

  // kIo when the file ends before the last byte.
  virtual Result<void> read_at(std::uint64_t offset, void* to, std::size_t size) = 0;
  // Writes the parts one after the other from `offset` on. After an error any part of them may be in the file.
  virtual Result<void> write_at(std::uint64_t offset, std::span<const ByteView> parts) = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  // Gives the range, of which nothing has any yet, blocks of its own without changing a byte or the size. kNoSpace at once when the
  // disk has too few; kUnsupported where the file system cannot.
  virtual Result<void> allocate(std::uint64_t offset, std::uint64_t size) = 0;
  // Asks for the range, which was written, to be on its way to the disk while the caller goes on. Advice: what fails here, the
  // next sync_data() tells.
  virtual void start_write_back(std::uint64_t offset, std::uint64_t size) noexcept {
    static_cast<void>(offset);
    static_cast<void>(size);
  }
  // Data, and what of the metadata is needed to read them back.
  virtual Result<void> sync_data() = 0;
  virtual Result<FileInfo> info() = 0;
  virtual Result<void> set_owner_and_permissions(const FileInfo& like) = 0;

  // An exclusive advisory lock that belongs to this open file, not to the process: another descriptor of the same file
  // closed by the same process does not drop it. True when taken, false when somebody else has it.
  virtual Result<bool> try_lock() = 0;
  virtual void unlock() noexcept = 0;
  // True when somebody else holds the exclusive lock now.
  virtual Result<bool> is_locked_by_other() = 0;

  // Maps [offset, offset + size) shared; offset is a multiple of page_size(). Reading past the end of the file is fatal, so
  // callers keep below it; the mapping may well reach beyond it.
  virtual Result<std::unique_ptr<Mapping>> map(std::uint64_t offset, std::uint64_t size, Access access) = 0;
  // False on file systems where a store through a writable mapping can fail although blocks were there.
  virtual bool mapped_writes_are_safe() = 0;
};

enum class OpenMode { kReadOnly, kReadWrite, kCreateNew };

class FileSystem {
 public:
  // kCreateNew creates exclusively and follows no link in the last part of the path; kExists when something is there.
  // Anything but a regular file is kIsDirectory or kNotRegularFile, and is not waited for.
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode, std::uint32_t permissions) = 0;
  // A file of no name in the folder of `path`, gone when closed, for spooling and for compaction.
  virtual Result<std::unique_ptr<File>> open_unnamed(const std::string& path) = 0;
  // Gives an unnamed file the name `path`; kExists when something has it.
  virtual Result<void> name_unnamed(File& unnamed, const std::string& path) = 0;
  // Gives an unnamed file the name `path`, replacing what is there in one step.
  virtual Result<void> replace(File& unnamed, const std::string& path) = 0;
  // The absolute path with all links resolved; the last part need not exist.
  virtual Result<std::string> canonical(const std::string& path) = 0;
  virtual Result<FileInfo> info(const std::string& path) = 0;
  // Makes a created or renamed name in the folder of `path` survive a power cut. Allocates nothing: it is also called where want of
  // memory could not be told from a disk that failed.
  virtual Result<void> sync_folder_of(const std::string& path) noexcept = 0;

 protected:
  ~FileSystem() = default;  // never owned through this type, so that the system's one needs no destruction at unload
};

FileSystem& system_file_system() noexcept;

[[nodiscard]] std::uint64_t page_size() noexcept;

}  // namespace simdr::core
