// Every system call by which the library changes a file, or comes to see one, passes here on its way to the kernel: the
// functions of this file's .cc stand in front of the C library's in a program that links it. Without a hook they
// pass everything on.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace simdr::core::test {

enum class CallKind : std::uint8_t {
  kOpen,
  kRead,
  kWrite,
  kTruncate,
  kAllocate,
  kSync,
  kLink,
  kRename,
  kUnlink,
  kMap,
  kUnmap,
  kAdvise,
  kMode
};
const char* call_name(CallKind kind) noexcept;

struct SystemCall {
  CallKind kind;
  std::uint64_t offset = 0;  // of reads and writes
  std::uint64_t size = 0;  // of reads and writes, all parts together
};

// What is to become of a call.
struct Verdict {
  static constexpr std::uint64_t kWhole = ~std::uint64_t{0};

  int os_error = 0;  // fail with it, without doing anything
  std::uint64_t most = kWhole;  // reads and writes: move at most so many bytes
  bool pretend = false;  // say it was done, without doing anything
  bool die_after = false;  // SIGKILL once it is done, as far as it is to be done
};

class CallHook {
 public:
  virtual Verdict on_call(const SystemCall& call) noexcept = 0;

 protected:
  ~CallHook() = default;
};

// For the whole process; null for none.
void set_call_hook(CallHook* hook) noexcept;

[[noreturn]] void die_now() noexcept;  // by SIGKILL: nothing is cleaned up

}  // namespace simdr::core::test
