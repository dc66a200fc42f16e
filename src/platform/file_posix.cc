// Files on POSIX systems; what is Linux's own (open file description locks, unnamed files) is marked where it is used.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/checked.h"
#include "platform/file.h"
#include "platform/pages.h"
#include "platform/random.h"

namespace simdr::core {
namespace {

// Where an open file without a name can be reached by one.
constexpr char kDescriptors[] = "/proc/self/fd";

// At most this many parts in one system call; POSIX promises 16, Linux takes 1024.
constexpr std::size_t kMaxParts = 256;

// The page cache takes pages as large as what one call writes, aligned to their size. Huge ones spare readers work; those between
// kCachePiece and huge ones spare nobody any, and are dear where the kernel has to find them first, as on a virtual machine whose
// host takes large free pieces of memory back.
constexpr std::uint64_t kCachePiece = std::uint64_t{64} << 10;

// How many of `size` bytes to write at `offset` in one call: whole huge pages, or up to the end of a piece.
constexpr std::uint64_t size_of_call(std::uint64_t offset, std::uint64_t size) noexcept {
  if (size <= kCachePiece) return size;
  if (offset % kHugePageSize == 0 && size >= kHugePageSize) return align_down(size, kHugePageSize);
  return std::min(size, kCachePiece - offset % kCachePiece);
}

constexpr std::int64_t nanoseconds(const struct timespec& time) noexcept {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

FileInfo info_of(const struct stat& st) noexcept {
  FileInfo info;
  info.size = static_cast<std::uint64_t>(st.st_size);
  info.device = st.st_dev;
  info.inode = st.st_ino;
  info.modified_ns = nanoseconds(st.st_mtim);
  info.changed_ns = nanoseconds(st.st_ctim);
  info.permissions = st.st_mode & 07777u;
  info.owner = st.st_uid;
  info.group = st.st_gid;
  info.is_regular = S_ISREG(st.st_mode);
  info.is_directory = S_ISDIR(st.st_mode);
  return info;
}

// Where stores through a shared mapping may fail although blocks were written before: copy-on-write file systems need new blocks
// for every overwrite, network file systems need the network.
bool is_overwrite_in_place(int descriptor) noexcept {
  struct statfs fs;
  if (::fstatfs(descriptor, &fs) != 0) return false;
  switch (static_cast<std::uint32_t>(fs.f_type)) {
    case 0xEF53:  // ext2, 3, 4
    case 0x58465342:  // xfs
    case 0x01021994:  // tmpfs
    case 0x858458F6:  // ramfs
    case 0xF2F52010:  // f2fs
      return true;
    default:
      return false;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) noexcept : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override {
    if (is_temporary_) ::unlink(path_.c_str());
    ::close(descriptor_);
  }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  // A temporary file with a name loses it when it is closed.
  [[nodiscard]] bool is_temporary() const noexcept { return is_temporary_; }
  void set_temporary(bool temporary) noexcept { is_temporary_ = temporary; }
  void set_path(std::string path) noexcept { path_ = std::move(path); }

  Result<void> read_at(std::uint64_t offset, void* to, std::size_t size) override {
    auto* at = static_cast<std::byte*>(to);
    while (size != 0) {
      const ssize_t got = ::pread(descriptor_, at, size, static_cast<off_t>(offset));
      if (got < 0) {
        if (errno == EINTR) continue;
        return fail("cannot read", offset);
      }
      if (got == 0) {
        return make_error(Status::kIo, "%s: the file ends at offset %llu, %zu bytes short", path_.c_str(),
                          static_cast<unsigned long long>(offset), size);
      }
      at += got;
      offset += static_cast<std::uint64_t>(got);
      size -= static_cast<std::size_t>(got);
    }
    return {};
  }

  Result<void> write_at(std::uint64_t offset, std::span<const ByteView> parts) override {
    std::uint64_t size = 0;
    for (const ByteView part : parts) size += part.size();
    std::size_t done_of_first = 0;
    while (size != 0) {
      iovec vectors[kMaxParts];
      const std::size_t count = fill_vectors(parts, done_of_first, size_of_call(offset, size), vectors);
      const ssize_t wrote = ::pwritev(descriptor_, vectors, static_cast<int>(count), static_cast<off_t>(offset));
      if (wrote < 0) {
        if (errno == EINTR) continue;
        return fail("cannot write", offset);
      }
      offset += static_cast<std::uint64_t>(wrote);
      size -= static_cast<std::uint64_t>(wrote);
      std::size_t left = static_cast<std::size_t>(wrote) + done_of_first;
      while (!parts.empty() && left >= parts.front().size()) {
        left -= parts.front().size();
        parts = parts.subspan(1);
      }
      done_of_first = left;
    }
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    while (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
      if (errno != EINTR) return fail("cannot set the size to", size);
    }
    return {};
  }

  Result<void> allocate(std::uint64_t offset, std::uint64_t size) override {
    // fallocate would take what is left of the disk before it finds that it is not enough.
    struct statvfs disk;
    if (::fstatvfs(descriptor_, &disk) == 0 && size / disk.f_frsize > disk.f_bavail) {
      return make_os_error(ENOSPC, "%s: cannot allocate %llu bytes", path_.c_str(),
                           static_cast<unsigned long long>(size));
    }
    while (::fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), static_cast<off_t>(size)) != 0) {
      if (errno == EINTR) continue;
      if (errno == EOPNOTSUPP || errno == ENOSYS) {
        return make_error(Status::kUnsupported, "%s: this file system cannot allocate ahead", path_.c_str());
      }
      return fail("cannot allocate blocks", offset);
    }
    return {};
  }

  // Linux. It waits for no page, and leaves an error to be told by the next sync.
  void start_write_back(std::uint64_t offset, std::uint64_t size) noexcept override {
    (void)::sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE);
  }

  Result<void> sync_data() override {
    while (::fdatasync(descriptor_) != 0) {
      // A sync that failed is never tried again: the kernel may have dropped the pages it could not write.
      if (errno != EINTR) return make_os_error(errno, "%s: cannot sync", path_.c_str());
    }
    return {};
  }

  Result<FileInfo> info() override {
    struct stat st;
    if (::fstat(descriptor_, &st) != 0) return make_os_error(errno, "%s: cannot read its status", path_.c_str());
    return info_of(st);
  }

  Result<void> set_owner_and_permissions(const FileInfo& like) override {
    const Result<FileInfo> now = info();
    if (!now) return now.error();
    if ((now->owner != like.owner || now->group != like.group) && ::fchown(descriptor_, like.owner, like.group) != 0) {
      return make_os_error(errno, "%s: cannot keep owner %u and group %u", path_.c_str(), like.owner, like.group);
    }
    if (::fchmod(descriptor_, like.permissions) != 0) {
      return make_os_error(errno, "%s: cannot keep permissions %03o", path_.c_str(), like.permissions);
    }
    return {};
  }

  // Linux: an open file description lock. POSIX record locks (and boost's file_lock, which is one) vanish as soon as the
  // process closes any descriptor of the file, and do not keep out the process itself.
  Result<bool> try_lock() override {
    struct flock whole = whole_file(F_WRLCK);
    if (::fcntl(descriptor_, F_OFD_SETLK, &whole) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    return make_os_error(errno, "%s: cannot lock", path_.c_str());
  }

  // The lock lives as long as the open file, which mappings and the children of fork() keep open: so it is dropped by name.
  void unlock() noexcept override {
    struct flock whole = whole_file(F_UNLCK);
    (void)::fcntl(descriptor_, F_OFD_SETLK, &whole);
  }

  Result<bool> is_locked_by_other() override {
    struct flock whole = whole_file(F_WRLCK);
    if (::fcntl(descriptor_, F_OFD_GETLK, &whole) != 0) {
      return make_os_error(errno, "%s: cannot ask for locks", path_.c_str());
    }
    return whole.l_type != F_UNLCK;
  }

  Result<std::unique_ptr<Mapping>> map(std::uint64_t offset, std::uint64_t size, Access access) override {
    return map_descriptor(descriptor_, offset, size, access);
  }

  bool mapped_writes_are_safe() override { return is_overwrite_in_place(descriptor_); }

 private:
  static struct flock whole_file(short type) noexcept {
    struct flock whole;
    std::memset(&whole, 0, sizeof whole);
    whole.l_type = type;
    whole.l_whence = SEEK_SET;
    return whole;
  }

  // The first `size` bytes, or as many as there are vectors for; returns how many vectors.
  static std::size_t fill_vectors(std::span<const ByteView> parts, std::size_t done_of_first, std::uint64_t size,
                                  iovec (&vectors)[kMaxParts]) noexcept {
    std::size_t count = 0;
    while (size != 0 && count < kMaxParts) {
      const ByteView part = parts[count].subspan(count == 0 ? done_of_first : 0);
      iovec& vector = vectors[count++];
      vector.iov_base = const_cast<std::byte*>(part.data());
      vector.iov_len = static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), size));
      size -= vector.iov_len;
    }
    return count;
  }

  Error fail(const char* what, std::uint64_t offset) const noexcept {
    return make_os_error(errno, "%s: %s at offset %llu", path_.c_str(), what, static_cast<unsigned long long>(offset));
  }

  int descriptor_;
  bool is_temporary_ = false;
  std::string path_;
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

// A name beside `path` that nobody can have guessed or left there.
std::string unguessable_name(const std::string& path) {
  char digits[24];
  std::snprintf(digits, sizeof digits, ".%016llx", static_cast<unsigned long long>(random_u64()));
  return folder_of(path) + "/." + name_of(path) + digits + ".tmp";
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode, std::uint32_t permissions) override {
    // O_NONBLOCK: opening a fifo must not wait for its other end. It means nothing for regular files.
    int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (mode == OpenMode::kReadOnly ? O_RDONLY : O_RDWR);
    if (mode == OpenMode::kCreateNew) flags |= O_CREAT | O_EXCL;
    const int descriptor = open_uninterrupted(path.c_str(), flags, permissions);
    if (descriptor < 0) return open_error(path, mode, errno);
    auto file = std::make_unique<PosixFile>(descriptor, path);
    const Result<FileInfo> info = file->info();
    if (!info) return info.error();
    if (info->is_directory) return make_error(Status::kIsDirectory, "%s: is a directory, not a store", path.c_str());
    if (!info->is_regular) {
      return make_error(Status::kNotRegularFile, "%s: is not a regular file (a fifo, socket or device)", path.c_str());
    }
    return std::unique_ptr<File>(std::move(file));
  }

  Result<std::unique_ptr<File>> open_unnamed(const std::string& path) override {
    const std::string folder = folder_of(path);
    // Linux: a file without a name leaves nothing behind when the process is killed. But it gets its name through /proc.
    int descriptor = -1;
    if (::access(kDescriptors, X_OK) == 0) {
      descriptor = open_uninterrupted(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    } else {
      errno = EOPNOTSUPP;
    }
    if (descriptor >= 0) return std::unique_ptr<File>(std::make_unique<PosixFile>(descriptor, folder + "/(unnamed)"));
    // EISDIR and ENOENT are what kernels say that do not know O_TMPFILE, EOPNOTSUPP what file systems say.
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) {
      return make_os_error(errno, "%s: cannot create a temporary file", folder.c_str());
    }
    const std::string name = unguessable_name(path);
    descriptor = open_uninterrupted(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0) return make_os_error(errno, "%s: cannot create a temporary file", folder.c_str());
    auto file = std::make_unique<PosixFile>(descriptor, name);
    file->set_temporary(true);
    return std::unique_ptr<File>(std::move(file));
  }

  Result<void> name_unnamed(File& unnamed, const std::string& path) override {
    auto& file = static_cast<PosixFile&>(unnamed);
    if (file.is_temporary()) {
      // link() refuses to replace, as O_EXCL does; the temporary name goes when the file is closed.
      if (::link(file.path().c_str(), path.c_str()) != 0) return link_error(path, errno);
      return {};
    }
    if (link_descriptor(file.descriptor(), path) != 0) return link_error(path, errno);
    return {};
  }

  Result<void> replace(File& unnamed, const std::string& path) override {
    auto& file = static_cast<PosixFile&>(unnamed);
    std::string path_of_messages = path;  // what may fail for want of memory comes first
    const std::string name = file.is_temporary() ? file.path() : unguessable_name(path);
    if (!file.is_temporary() && link_descriptor(file.descriptor(), name) != 0) return link_error(name, errno);
    if (::rename(name.c_str(), path.c_str()) != 0) {
      const int os_error = errno;
      ::unlink(name.c_str());
      return make_os_error(os_error, "%s: cannot replace", path.c_str());
    }
    file.set_temporary(false);
    file.set_path(std::move(path_of_messages));
    return {};
  }

  Result<std::string> canonical(const std::string& path) override {
    // Building a string from it may fail for want of memory.
    struct Free {
      void operator()(char* text) const noexcept { std::free(text); }
    };
    std::unique_ptr<char, Free> whole(::realpath(path.c_str(), nullptr));
    if (whole == nullptr && errno == ENOENT) {
      whole.reset(::realpath(folder_of(path).c_str(), nullptr));
      if (whole != nullptr)
        return std::string(whole.get()) + (std::strcmp(whole.get(), "/") == 0 ? "" : "/") + name_of(path);
    }
    if (whole == nullptr) return make_os_error(errno, "%s: cannot resolve the path", path.c_str());
    return std::string(whole.get());
  }

  Result<FileInfo> info(const std::string& path) override {
    struct stat st;
    if (::stat(path.c_str(), &st) != 0) return make_os_error(errno, "%s: cannot read its status", path.c_str());
    return info_of(st);
  }

  Result<void> sync_folder_of(const std::string& path) noexcept override {
    char folder[PATH_MAX];
    const std::size_t size = std::max<std::size_t>(path.find_last_of('/') + 1, 1);  // with the slash; npos + 1 is 0
    if (size >= sizeof folder) return make_os_error(ENAMETOOLONG, "%s: cannot open the folder", path.c_str());
    std::snprintf(folder, sizeof folder, "%.*s", static_cast<int>(size),
                  path.find('/') == std::string::npos ? "." : path.c_str());
    const int descriptor = open_uninterrupted(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (descriptor < 0) return make_os_error(errno, "%s: cannot open the folder", folder);
    int outcome;
    do {
      outcome = ::fsync(descriptor);
    } while (outcome != 0 && errno == EINTR);
    const int os_error = errno;
    ::close(descriptor);
    // Some file systems have no folders to sync and say so.
    if (outcome != 0 && os_error != EINVAL) return make_os_error(os_error, "%s: cannot sync the folder", folder);
    return {};
  }

 private:
  // Linux: gives a file opened with O_TMPFILE a name. Through /proc, since AT_EMPTY_PATH asks for a capability.
  static int link_descriptor(int descriptor, const std::string& path) noexcept {
    char source[40];
    std::snprintf(source, sizeof source, "%s/%d", kDescriptors, descriptor);
    return ::linkat(AT_FDCWD, source, AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW);
  }

  static Error link_error(const std::string& path, int os_error) noexcept {
    if (os_error == EEXIST) return make_error(Status::kExists, "%s: already exists", path.c_str());
    return make_os_error(os_error, "%s: cannot name the new file", path.c_str());
  }

  static int open_uninterrupted(const char* path, int flags, std::uint32_t permissions) noexcept {
    int descriptor;
    do {
      descriptor = ::open(path, flags, static_cast<mode_t>(permissions));
    } while (descriptor < 0 && errno == EINTR);
    return descriptor;
  }

  static Error open_error(const std::string& path, OpenMode mode, int os_error) noexcept {
    if (os_error == EEXIST && mode == OpenMode::kCreateNew) {
      return make_error(Status::kExists, "%s: already exists", path.c_str());
    }
    if (os_error == EISDIR) return make_error(Status::kIsDirectory, "%s: is a directory, not a store", path.c_str());
    if (os_error == ENXIO) {
      return make_error(Status::kNotRegularFile, "%s: is not a regular file (a fifo, socket or device)", path.c_str());
    }
    if (os_error == ELOOP) return make_error(Status::kNoSuchFile, "%s: too many symbolic links", path.c_str());
    return make_os_error(os_error, "%s: cannot open", path.c_str());
  }
};

}  // namespace

FileSystem& system_file_system() noexcept {
  // Stateless, so one constant-initialised object serves all and nothing runs at load or unload.
  static constinit PosixFileSystem instance;
  return instance;
}

std::uint64_t page_size() noexcept { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace simdr::core
