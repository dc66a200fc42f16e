// Figures that one thread at a time changes and any thread reads: a load and a store do where a locked addition is not needed.
#pragma once

#include <atomic>
#include <cstdint>

namespace simdr::core {

inline void add_alone(std::atomic<std::uint64_t>& figure, std::uint64_t more,
                      std::memory_order order = std::memory_order_relaxed) noexcept {
  figure.store(figure.load(std::memory_order_relaxed) + more, order);
}

}  // namespace simdr::core
