#include "exit_codes.h"

#include <system_error>

#include "text.h"

namespace simdr::cli {

ExitCode exit_code_of(simdr_status status) noexcept {
  switch (status) {
    case SIMDR_OK:
      return ExitCode::kDone;
    case SIMDR_NOT_FOUND:
      return ExitCode::kNotFound;
    case SIMDR_ERR_OLD_GENERATION:
    case SIMDR_ERR_READ_ONLY:
      return ExitCode::kUsage;
    case SIMDR_ERR_CORRUPT:
      return ExitCode::kCorrupt;
    case SIMDR_ERR_LOCKED:
      return ExitCode::kLocked;
    case SIMDR_ERR_NOT_A_STORE:
    case SIMDR_ERR_IS_DIRECTORY:
    case SIMDR_ERR_NOT_REGULAR_FILE:
      return ExitCode::kNotAStore;
    default:
      // -10 to -29 is the block of the header that speaks of arguments.
      return status <= SIMDR_ERR_INVALID_ARGUMENT && status > SIMDR_ERR_NO_SUCH_FILE ? ExitCode::kUsage : ExitCode::kIo;
  }
}

void check(simdr_status status, const simdr_error& error, const std::string& subject,
           std::initializer_list<std::string_view> paths) {
  if (status == SIMDR_OK) return;
  // Ordinary outcomes leave the error untouched.
  std::string_view words = status <= SIMDR_ERR_INVALID_ARGUMENT ? error.message : simdr_status_text(status);
  for (const std::string_view given : paths) {
    const std::string path = on_one_line(given);  // the library shows what is no UTF-8 in the same way
    if (!words.starts_with(path) || !words.substr(path.size()).starts_with(": ")) continue;
    words.remove_prefix(path.size() + 2);
    break;
  }
  throw Failure(exit_code_of(status), subject + ": " + on_one_line(words));
}

void fail_os(int os_error, const std::string& subject) {
  throw Failure(ExitCode::kIo, subject + ": " + std::generic_category().message(os_error));
}

}  // namespace simdr::cli
