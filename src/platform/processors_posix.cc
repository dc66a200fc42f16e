#include "platform/processors.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace simdr::core {

std::size_t usable_processor_count() noexcept {
#if defined(__linux__)
  cpu_set_t usable;
  // Fails on a machine with more than CPU_SETSIZE (1024) processors.
  if (::sched_getaffinity(0, sizeof usable, &usable) == 0)
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&usable)));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace simdr::core
