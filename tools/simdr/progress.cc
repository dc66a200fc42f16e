#include "progress.h"

#include <unistd.h>

#include <utility>

#include "text.h"

namespace simdr::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{100};

void print_raw(const std::string& text) {
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Progress::Progress(std::string what, bool wanted)
    : what_(std::move(what)), shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { wipe(); }

bool Progress::is_due() {
  if (!shown_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return false;
  next_ = now + kInterval;
  return true;
}

void Progress::draw(const std::string& state) {
  print_raw("\r\033[K" + what_ + " " + state);
  drawn_ = true;
}

void Progress::wipe() {
  if (drawn_) print_raw("\r\033[K");
  drawn_ = false;
}

void Progress::part(std::uint64_t done, std::uint64_t total) {
  if (!is_due()) return;
  const double percent = total == 0 ? 100.0 : 100.0 * static_cast<double>(done) / static_cast<double>(total);
  draw(format("%5.1f %% of %s", percent, human_size(total).c_str()));
}

void Progress::files(std::uint64_t file_count, std::uint64_t byte_count) {
  if (is_due()) draw(counted(file_count, "file", "files") + ", " + human_size(byte_count));
}

}  // namespace simdr::cli
