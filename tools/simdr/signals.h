// What the process does about signals.
#pragma once

namespace simdr::cli {

// What is said when a page of the mapped file is gone.
inline constexpr char kMappingFailed[] =
    "the mapped file could not be read: the disk failed, or another program cut the file short";

// SIGPIPE and SIGXFSZ become error codes of the write that caused them. SIGBUS, which a failing disk or a file cut
// short by another program raises under a mapping, ends the process with a message about `file` and exit code 4.
// `file` must live as long as the process.
void install_signal_handlers(const char* file) noexcept;

// While one lives, SIGINT, SIGTERM and SIGHUP only ask for an end, so that work which can stop tidily does so:
// requested() turns true and blocking system calls return EINTR. A signal that comes right before such a call does not
// end it: who reads what may never come uses wait_for_input().
class StopScope {
 public:
  StopScope() noexcept;
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

  [[nodiscard]] static bool requested() noexcept;

  // Waits until a read of the descriptor would return. False as soon as an end is asked for, also if that was before.
  [[nodiscard]] static bool wait_for_input(int descriptor) noexcept;
};

// Ends the process by the signal that was asked for, so that the shell sees the truth; returns when there was none.
void die_of_requested_signal() noexcept;

}  // namespace simdr::cli
