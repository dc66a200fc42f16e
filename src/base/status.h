// How a lower room says that something went wrong: a code, the operating system's number if there was one, and
// words. An Error is a value of fixed size, so reporting "out of memory" needs no memory.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace simdr::core {

// The numbers are those of SIMDR_* in simdr.h; c_api/status.cc asserts that they agree.
enum class Status : std::int32_t {
  kOk = 0,
  kNotFound = -1,
  kExists = -2,
  kChanged = -3,
  kStopped = -4,

  kInvalidArgument = -10,
  kEmptyPayload = -11,
  kTombstonePayload = -12,
  kReservedHash = -13,
  kTooLarge = -14,
  kOptionsSize = -15,
  kUnknownFlags = -16,
  kLengthMismatch = -17,
  kSameStore = -18,
  kSameKey = -19,
  kMisaligned = -20,
  kPartialElement = -21,
  kBadState = -22,

  kNoSuchFile = -30,
  kAccess = -31,
  kIsDirectory = -32,
  kNotRegularFile = -33,
  kNotAStore = -34,
  kOldGeneration = -35,
  kReadOnly = -36,
  kReadOnlyMedium = -37,
  kLocked = -38,
  kCorrupt = -39,
  kIo = -40,
  kNoSpace = -41,
  kNoMemory = -42,
  kSource = -43,
  kSink = -44,
  kForked = -45,
  kWriterFailed = -46,
  kUnsupported = -47,
  kInternal = -48,
};

struct Error {
  Error() noexcept { message[0] = '\0'; }  // not all of it: lookups have one at hand that they never use

  Status status = Status::kInternal;
  std::int32_t os_error = 0;         // errno, or 0
  std::int32_t callback_result = 0;  // what the callback returned that stopped the call, or 0
  char message[240];                 // NUL-terminated UTF-8, cut in its middle if longer
};

// printf-style; never allocates. What is no UTF-8 in an argument becomes \xNN.
[[gnu::format(printf, 2, 3)]] Error make_error(Status status, const char* format, ...) noexcept;

// The same with ": <text of os_error>" appended and the status that fits the number (ENOSPC and EDQUOT are
// kNoSpace, ENOENT is kNoSuchFile, ENOMEM is kNoMemory, ...), kIo when nothing fits better.
[[gnu::format(printf, 2, 3)]] Error make_os_error(int os_error, const char* format, ...) noexcept;

// kStopped, with what the callback returned.
Error make_callback_error(int callback_result, const char* message) noexcept;

// A T or an Error. On the good path no byte of the Error is touched: writes that cost tens of nanoseconds return these.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) noexcept : value_(std::move(value)), has_value_(true) {}
  Result(const Error& error) noexcept : error_(error), has_value_(false) {}
  Result(Result&& other) noexcept : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(&value_, std::move(other.value_));
    } else {
      std::construct_at(&error_, other.error_);
    }
  }
  Result(const Result& other)
    requires std::is_copy_constructible_v<T>
      : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(&value_, other.value_);
    } else {
      std::construct_at(&error_, other.error_);
    }
  }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  ~Result() {
    if (has_value_) std::destroy_at(&value_);
  }

  explicit operator bool() const noexcept { return has_value_; }
  T& operator*() & noexcept { return value_; }
  const T& operator*() const& noexcept { return value_; }
  T&& operator*() && noexcept { return std::move(value_); }
  T* operator->() noexcept { return &value_; }
  const T* operator->() const noexcept { return &value_; }
  const Error& error() const noexcept { return error_; }

 private:
  union {
    T value_;
    Error error_;
  };
  bool has_value_;
};

// Nothing or an Error. Kept small on the good path: no message is touched.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() noexcept : failed_(false) {}
  Result(const Error& error) noexcept : error_(error), failed_(true) {}

  explicit operator bool() const noexcept { return !failed_; }
  const Error& error() const noexcept { return error_; }

 private:
  union {
    Error error_;
  };
  bool failed_;
};

}  // namespace simdr::core
