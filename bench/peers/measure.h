// Clocks, latencies, memory, disk.
#pragma once

#include <algorithm>
#include <array>
#include <barrier>
#include <bit>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <thread>
#include <vector>

namespace bench {

[[nodiscard]] inline std::uint64_t now_nanos() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

// Latencies in nanoseconds, in buckets less than 1.6 % wide.
class Histogram {
 public:
  void add(std::uint64_t nanos) {
    ++buckets_[bucket_of(nanos)];
    ++count_;
    max_ = std::max(max_, nanos);
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  // The latency that `share` of all do not pass.
  [[nodiscard]] std::uint64_t quantile(double share) const;

 private:
  static constexpr std::uint32_t kSubBits = 6;
  static std::size_t bucket_of(std::uint64_t nanos) {
    if (nanos < (1u << kSubBits)) return nanos;
    const auto shift = static_cast<std::uint32_t>(std::bit_width(nanos)) - kSubBits - 1;
    return (std::size_t{shift} << kSubBits) + (nanos >> shift);
  }
  static std::uint64_t top_of(std::size_t bucket);

  std::array<std::uint64_t, (64 - kSubBits + 1) << kSubBits> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

struct Memory {
  std::uint64_t anonymous = 0;  // resident and of no file, bytes
  std::uint64_t resident = 0;   // all that is resident, mapped files included
};
Memory memory_of_this_process();

// What the blocks of all files below `dir` take.
std::uint64_t disk_size(const std::filesystem::path& dir);
// Waits until nothing written to the file system of `dir` is still on its way to the disk.
void sync_file_system_of(const std::filesystem::path& dir);

// Runs `prepare(t)`, then `work(state, t)` on each thread at once. Returns the nanoseconds from the first start to the last end:
// each thread reads the clock itself, since the one that started them may be the last to run again.
template <typename Prepare, typename Work>
std::uint64_t timed(unsigned thread_count, Prepare prepare, Work work) {
  struct Span {
    std::uint64_t start = 0, end = 0;
    std::exception_ptr error;
  };
  std::vector<Span> spans(thread_count);
  std::barrier together(static_cast<std::ptrdiff_t>(thread_count));
  const auto run = [&](unsigned t) {
    bool has_arrived = false;
    try {
      auto state = prepare(t);
      has_arrived = true;
      together.arrive_and_wait();
      spans[t].start = now_nanos();
      work(state, t);
      spans[t].end = now_nanos();
    } catch (...) {
      spans[t].error = std::current_exception();
      if (!has_arrived) together.arrive_and_drop();
    }
  };
  if (thread_count == 1) {
    run(0);
  } else {
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < thread_count; ++t) threads.emplace_back(run, t);
  }
  std::uint64_t start = UINT64_MAX, end = 0;
  for (const Span& span : spans) {
    if (span.error) std::rethrow_exception(span.error);
    start = std::min(start, span.start);
    end = std::max(end, span.end);
  }
  return end - start;
}

}  // namespace bench
