// Figures that one thread at a time changes and any thread reads: a load and a store do where a locked addition is not needed.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/sanitizers.h"

namespace simdr::core {

// Relaxed.
[[gnu::always_inline]] inline void add_alone(std::atomic<std::uint64_t>& figure, std::uint64_t more) noexcept {
#if defined(__x86_64__) && !SIMDR_TSAN
  // One instruction, which the compiler would make three of.
  static_assert(sizeof figure == sizeof more);
  asm inline("addq %1, %0" : "+m"(figure) : "er"(more) : "cc");
#else
  figure.store(figure.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
#endif
}

// With release order.
[[gnu::always_inline]] inline void add_alone_and_release(std::atomic<std::uint64_t>& figure,
                                                         std::uint64_t more) noexcept {
#if defined(__x86_64__) && !SIMDR_TSAN
  std::atomic_signal_fence(std::memory_order_release);  // the processor keeps stores in order
  add_alone(figure, more);
#else
  figure.store(figure.load(std::memory_order_relaxed) + more, std::memory_order_release);
#endif
}

}  // namespace simdr::core
