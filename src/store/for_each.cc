#include "store/for_each.h"

#include <atomic>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "platform/processors.h"
#include "store/iterator.h"

namespace simdr::core {
namespace {

// Entries handed to a thread at once: enough that taking turns at the iterator costs little beside them.
constexpr std::size_t kShare = 1024;

// One iterator, whose walk is cheap, feeds all threads; checksums and visits, which are not, run outside its lock.
class SharedScan {
 public:
  SharedScan(const Store& store, bool verify, const std::function<int(const Found&)>& visit)
      : iterator_(store, {}), trailer_size_(store.layout().trailer_size), verify_(verify), visit_(visit) {}

  void work() noexcept {
    try {
      std::vector<Found> share(kShare);
      std::size_t count = 0;
      while (take(share, &count)) {
        for (std::size_t i = 0; i < count && !stop_.load(std::memory_order_relaxed); ++i) look_at(share[i]);
      }
    } catch (const std::bad_alloc&) {
      finish(Status::kNoMemory, make_error(Status::kNoMemory, "out of memory while visiting entries"), 0);
    }
  }

  Status outcome(int* out_result, Error* error) const {
    if (status_ != Status::kOk) *error = error_;
    *out_result = result_;
    return status_;
  }

 private:
  bool take(std::vector<Found>& share, std::size_t* count) {
    const std::lock_guard lock(mutex_);
    if (stop_.load(std::memory_order_relaxed)) return false;
    Error error;
    const Status status = iterator_.next(share.data(), share.size(), count, &error);
    if (status == Status::kOk) return true;
    if (status != Status::kNotFound) record(status, error, 0);
    return false;
  }

  void look_at(const Found& found) {
    if (verify_ && !checksum_matches(found.payload(), found.record.crc32, trailer_size_)) {
      finish(Status::kCorrupt,
             make_error(Status::kCorrupt, "the payload at offset %llu does not match its checksum",
                        static_cast<unsigned long long>(found.record.payload_offset)),
             0);
      return;
    }
    if (const int result = visit_(found); result != 0) {
      finish(Status::kStopped, make_error(Status::kStopped, "the callback returned %d", result), result);
    }
  }

  void finish(Status status, const Error& error, int result) noexcept {
    const std::lock_guard lock(mutex_);
    record(status, error, result);
  }

  void record(Status status, const Error& error, int result) noexcept {
    stop_.store(true, std::memory_order_relaxed);
    if (status_ != Status::kOk) return;  // the first is told
    status_ = status;
    error_ = error;
    result_ = result;
  }

  std::mutex mutex_;
  Iterator iterator_;
  std::uint32_t trailer_size_;
  bool verify_;
  const std::function<int(const Found&)>& visit_;
  std::atomic<bool> stop_{false};
  Status status_ = Status::kOk;
  Error error_;
  int result_ = 0;
};

}  // namespace

Status for_each_live(const Store& store, unsigned thread_count, bool verify,
                     const std::function<int(const Found&)>& visit, int* out_result, Error* error) {
  if (thread_count == 0) thread_count = static_cast<unsigned>(usable_processor_count());
  SharedScan scan(store, verify, visit);
  std::vector<std::thread> helpers;
  helpers.reserve(thread_count - 1);
  try {
    while (helpers.size() + 1 < thread_count) helpers.emplace_back([&scan] { scan.work(); });
  } catch (const std::system_error&) {
    // Fewer threads than asked for do the same work.
  } catch (const std::bad_alloc&) {  // the same: those that run must be waited for
  }
  scan.work();
  for (std::thread& helper : helpers) helper.join();
  return scan.outcome(out_result, error);
}

}  // namespace simdr::core
