#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/descriptor.h"

namespace simdr::core {
namespace {

// Linux moves at most 2 GiB less a page in one call.
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;

// A descriptor set not to wait is waited for here.
bool wait_for(int descriptor, short events) noexcept {
  pollfd waiting{descriptor, events, 0};
  return ::poll(&waiting, 1, -1) > 0 || errno == EINTR;
}

}  // namespace

Result<std::size_t> read_descriptor(int descriptor, void* to, std::size_t capacity) {
  for (;;) {
    const ssize_t got = ::read(descriptor, to, std::min(capacity, kMostAtOnce));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EINTR || (errno == EAGAIN && wait_for(descriptor, POLLIN))) continue;
    Error error = make_os_error(errno, "fd: cannot read descriptor %d", descriptor);
    error.status = Status::kSource;
    return error;
  }
}

Result<void> write_descriptor(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), std::min(bytes.size(), kMostAtOnce));
    if (wrote >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
      continue;
    }
    if (errno == EINTR || (errno == EAGAIN && wait_for(descriptor, POLLOUT))) continue;
    Error error = make_os_error(errno, "fd: cannot write descriptor %d", descriptor);
    error.status = Status::kSink;
    return error;
  }
  return {};
}

}  // namespace simdr::core
