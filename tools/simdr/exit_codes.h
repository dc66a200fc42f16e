// How the command ends: the exit codes that scripts rely on, and the one exception that carries them to main().
#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "simdr.h"

namespace simdr::cli {

enum class ExitCode : int {
  kDone = 0,
  kNotFound = 1,   // no live entry under the key
  kUsage = 2,      // the command line is wrong, or asks for what the format or the store cannot do
  kCorrupt = 3,    // bytes that do not match their checksum or their links
  kIo = 4,         // the system: missing, permission, space, memory, a disk error, an output that fails
  kLocked = 5,     // another process has the store open for writing
  kNotAStore = 6,  // what FILE names is no store: other content, a directory, a fifo, a device
};

[[nodiscard]] ExitCode exit_code_of(simdr_status status) noexcept;

// The end of a command that could not do its work. what() is one line that names the file or argument.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

// Passes SIMDR_OK; throws for all else, naming `subject` before the library's own words. Where those begin with one of
// `paths`, which the subject names already, it is left out.
void check(simdr_status status, const simdr_error& error, const std::string& subject,
           std::initializer_list<std::string_view> paths = {});

// The same for the number of a failed system call.
[[noreturn]] void fail_os(int os_error, const std::string& subject);

}  // namespace simdr::cli
