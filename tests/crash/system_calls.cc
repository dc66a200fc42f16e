#include "system_calls.h"

#undef _FORTIFY_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace simdr::core::test {
namespace {

CallHook* g_hook = nullptr;

// One call on its way: asks the hook, then does what it said.
class Passage {
 public:
  explicit Passage(const SystemCall& call) noexcept {
    if (g_hook != nullptr) verdict_ = g_hook->on_call(call);
  }
  template <typename Number, typename Do>
  Number pass(Do do_it, Number failure) noexcept {
    Number outcome{};
    if (verdict_.os_error != 0) {
      errno = verdict_.os_error;
      outcome = failure;
    } else if (!verdict_.pretend) {
      outcome = do_it();
    }
    if (verdict_.die_after) die_now();
    return outcome;
  }
  [[nodiscard]] std::uint64_t most() const noexcept { return verdict_.most; }

 private:
  Verdict verdict_;
};

long low(std::uint64_t offset) noexcept { return static_cast<long>(offset); }

ssize_t write_parts(int descriptor, const iovec* parts, int count, std::uint64_t offset, std::uint64_t most) noexcept {
  if (most == Verdict::kWhole) return ::syscall(SYS_pwritev, descriptor, parts, count, low(offset), 0L);
  std::uint64_t done = 0;
  for (int i = 0; i < count && done < most; ++i) {
    const std::uint64_t size = std::min<std::uint64_t>(parts[i].iov_len, most - done);
    const ssize_t wrote = ::syscall(SYS_pwrite64, descriptor, parts[i].iov_base, size, low(offset + done));
    if (wrote < 0) return done == 0 ? wrote : static_cast<ssize_t>(done);
    done += static_cast<std::uint64_t>(wrote);
  }
  return static_cast<ssize_t>(done);
}

}  // namespace

const char* call_name(CallKind kind) noexcept {
  constexpr const char* kNames[] = {"open",   "read",   "write", "truncate", "allocate", "sync", "link",
                                    "rename", "unlink", "map",   "unmap",    "advise",   "mode"};
  return kNames[static_cast<std::size_t>(kind)];
}

void set_call_hook(CallHook* hook) noexcept { g_hook = hook; }

void die_now() noexcept {
  ::syscall(SYS_kill, ::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace simdr::core::test

using simdr::core::test::CallKind;
using simdr::core::test::Passage;

extern "C" {

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  return Passage({CallKind::kOpen})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode)); }, -1);
}

ssize_t pread(int descriptor, void* to, size_t size, off_t offset) {
  Passage passage({CallKind::kRead, static_cast<std::uint64_t>(offset), size});
  const std::size_t most = std::min<std::uint64_t>(size, passage.most());
  return passage.pass<ssize_t>([&] { return ::syscall(SYS_pread64, descriptor, to, most, offset); }, -1);
}

ssize_t read(int descriptor, void* to, size_t size) {
  Passage passage({CallKind::kRead, 0, size});
  const std::size_t most = std::min<std::uint64_t>(size, passage.most());
  return passage.pass<ssize_t>([&] { return ::syscall(SYS_read, descriptor, to, most); }, -1);
}

ssize_t pwritev(int descriptor, const struct iovec* parts, int count, off_t offset) {
  std::uint64_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  Passage passage({CallKind::kWrite, static_cast<std::uint64_t>(offset), size});
  return passage.pass<ssize_t>(
      [&] {
        return simdr::core::test::write_parts(descriptor, parts, count, static_cast<std::uint64_t>(offset),
                                              passage.most());
      },
      -1);
}

int ftruncate(int descriptor, off_t size) noexcept {
  return Passage({CallKind::kTruncate})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_ftruncate, descriptor, size)); }, -1);
}

int fallocate(int descriptor, int mode, off_t offset, off_t size) {
  return Passage({CallKind::kAllocate})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_fallocate, descriptor, mode, offset, size)); }, -1);
}

int fdatasync(int descriptor) {
  return Passage({CallKind::kSync})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_fdatasync, descriptor)); }, -1);
}

int fsync(int descriptor) {
  return Passage({CallKind::kSync}).pass<int>([&] { return static_cast<int>(::syscall(SYS_fsync, descriptor)); }, -1);
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  return Passage({CallKind::kLink})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_linkat, from_folder, from, to_folder, to, flags)); }, -1);
}

int rename(const char* from, const char* to) noexcept {
  return Passage({CallKind::kRename})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0)); }, -1);
}

int unlink(const char* path) noexcept {
  return Passage({CallKind::kUnlink})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0)); }, -1);
}

void* mmap(void* at, size_t size, int protection, int flags, int descriptor, off_t offset) noexcept {
  return Passage({CallKind::kMap})
      .pass<void*>(
          [&] { return reinterpret_cast<void*>(::syscall(SYS_mmap, at, size, protection, flags, descriptor, offset)); },
          MAP_FAILED);
}

int munmap(void* at, size_t size) noexcept {
  return Passage({CallKind::kUnmap}).pass<int>([&] { return static_cast<int>(::syscall(SYS_munmap, at, size)); }, -1);
}

int madvise(void* at, size_t size, int advice) noexcept {
  return Passage({CallKind::kAdvise})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_madvise, at, size, advice)); }, -1);
}

int fchmod(int descriptor, mode_t mode) noexcept {
  return Passage({CallKind::kMode})
      .pass<int>([&] { return static_cast<int>(::syscall(SYS_fchmod, descriptor, mode)); }, -1);
}

}  // extern "C"
