#include <sys/random.h>
#include <time.h>

#include "platform/random.h"

namespace simdr::core {

std::uint64_t random_u64() noexcept {
  std::uint64_t value = 0;
  if (::getrandom(&value, sizeof value, GRND_NONBLOCK) == sizeof value) return value;
  // Early in boot only. The clock and an address (randomised by the loader) are guessable with effort, not by chance.
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  value = static_cast<std::uint64_t>(now.tv_nsec) * 0x9E37'79B9'7F4A'7C15ull ^ static_cast<std::uint64_t>(now.tv_sec);
  return value ^ reinterpret_cast<std::uintptr_t>(&now);
}

}  // namespace simdr::core
