#include "output.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "exit_codes.h"
#include "signals.h"

namespace simdr::cli {
namespace {

constexpr std::size_t kBufferSize = std::size_t{64} * 1024;

void write_all(const char* data, std::size_t size, const std::string& source) {
  while (size > 0) {
    const ssize_t written = ::write(STDOUT_FILENO, data, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      // The system call met a page that can no longer be read, where our own access would have raised SIGBUS.
      if (errno == EFAULT) throw Failure(ExitCode::kIo, source + ": " + kMappingFailed);
      fail_os(errno, "standard output");
    }
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

}  // namespace

void Output::write(std::string_view text) {
  buffer_.append(text);
  if (buffer_.size() >= kBufferSize) flush();
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
}

void Output::write_bytes(const void* data, std::size_t size, std::size_t chunk_size, const std::string& source) {
  flush();
  const char* position = static_cast<const char*>(data);
  while (size > 0) {
    const std::size_t piece = std::min(size, chunk_size);
    write_all(position, piece, source);
    position += piece;
    size -= piece;
  }
}

void Output::flush() {
  // Emptied first: what could not be written is not tried again while the failure is being reported.
  const std::string pending = std::move(buffer_);
  buffer_.clear();
  write_all(pending.data(), pending.size(), "standard output");
}

bool Output::is_terminal() noexcept { return ::isatty(STDOUT_FILENO) == 1; }

void print_words(std::string_view words) noexcept {
  // Three parts and no copy: this also reports that there is no memory left.
  static constexpr std::string_view kStart = "simdr: ";
  static constexpr std::string_view kEnd = "\n";
  const auto part = [](std::string_view text) { return iovec{const_cast<char*>(text.data()), text.size()}; };
  const std::array<iovec, 3> parts{part(kStart), part(words), part(kEnd)};
  [[maybe_unused]] const ssize_t ignored = ::writev(STDERR_FILENO, parts.data(), static_cast<int>(parts.size()));
}

void occupy_standard_descriptors() noexcept {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is `descriptor`; the direction is the wrong one on purpose.
    [[maybe_unused]] const int stand_in = ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace simdr::cli
