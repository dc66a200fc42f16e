#include "base/status.h"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace simdr::core {
namespace {

Status status_of(int os_error) noexcept {
  switch (os_error) {
    case ENOENT:
    case ENOTDIR:
      return Status::kNoSuchFile;
    case EACCES:
    case EPERM:
      return Status::kAccess;
    case EISDIR:
      return Status::kIsDirectory;
    case EROFS:
      return Status::kReadOnlyMedium;
    case ENOSPC:
    case EDQUOT:
      return Status::kNoSpace;
    case ENOMEM:
      return Status::kNoMemory;
    case EFBIG:
    case EOVERFLOW:
      return Status::kTooLarge;
    default:
      return Status::kIo;
  }
}

}  // namespace

Error make_error(Status status, const char* format, ...) noexcept {
  Error error;
  error.status = status;
  va_list args;
  va_start(args, format);
  std::vsnprintf(error.message, sizeof error.message, format, args);
  va_end(args);
  return error;
}

Error make_os_error(int os_error, const char* format, ...) noexcept {
  Error error;
  error.status = status_of(os_error);
  error.os_error = os_error;
  va_list args;
  va_start(args, format);
  std::vsnprintf(error.message, sizeof error.message, format, args);
  va_end(args);
  const std::size_t used = std::strlen(error.message);
  char text[96];
  // GNU strerror_r returns the text, which may or may not be in our buffer; it never allocates with one given.
  const char* words = ::strerror_r(os_error, text, sizeof text);
  std::snprintf(error.message + used, sizeof error.message - used, ": %s", words);
  return error;
}

Error make_callback_error(int callback_result, const char* message) noexcept {
  Error error = make_error(Status::kStopped, "%s", message);
  error.callback_result = callback_result;
  return error;
}

}  // namespace simdr::core
