#include "measure.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace bench {

std::uint64_t Histogram::top_of(std::size_t bucket) {
  if (bucket < (2u << kSubBits)) return bucket;
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t first = (std::uint64_t{1} << kSubBits | (bucket & ((1u << kSubBits) - 1))) << shift;
  return first + (std::uint64_t{1} << shift) - 1;
}

std::uint64_t Histogram::quantile(double share) const {
  const double wanted = share * static_cast<double>(count_);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen != 0 && static_cast<double>(seen) >= wanted) return std::min(top_of(bucket), max_);
  }
  return max_;
}

Memory memory_of_this_process() {
  Memory memory;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const auto number = [&](const char* name, std::uint64_t& out) {
      if (line.starts_with(name)) out = std::stoull(line.substr(std::char_traits<char>::length(name))) * 1024;
    };
    number("RssAnon:", memory.anonymous);
    number("VmRSS:", memory.resident);
  }
  return memory;
}

std::uint64_t disk_size(const std::filesystem::path& dir) {
  std::uint64_t size = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    struct stat info {};
    if (entry.is_regular_file() && ::lstat(entry.path().c_str(), &info) == 0) {
      size += static_cast<std::uint64_t>(info.st_blocks) * 512;
    }
  }
  return size;
}

void sync_file_system_of(const std::filesystem::path& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::syncfs(fd);
  ::close(fd);
}

}  // namespace bench
