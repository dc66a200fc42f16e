// Counting references: the only place where a count is touched.
#pragma once

#include <atomic>
#include <cstdint>

namespace simdr::core {

// One count, for objects that few threads share.
class RefCount {
 public:
  void add() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  // Of an object that was dropped and begins anew.
  void set_to_one() noexcept { count_.store(1, std::memory_order_relaxed); }

  // True when this was the last reference: the caller destroys the object.
  [[nodiscard]] bool drop() noexcept {
    // Nobody but the holder of the only reference can add one, so it may see that it is alone without a locked operation.
    // Acquire, so that it also sees what those before it did.
    if (count_.load(std::memory_order_acquire) == 1) return true;
    // Releases our accesses to whoever drops last, and acquires everybody's if that is us.
    return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

 private:
  std::atomic<std::uint32_t> count_{1};
};

// Many counts for one object, each on a cache line of its own, so that threads that take references all the time do not pass one
// line around. A reference belongs to a stripe and must be dropped on it. The owner holds one reference on every stripe;
// a new reference may be taken on a stripe only while the owner holds its own or by someone who holds one there. A stripe
// that reaches zero is thus dead for good, and the object goes when its last stripe dies.
class StripedRefCount {
 public:
  static constexpr std::uint32_t kStripeCount = 32;

  void add(std::uint32_t stripe) noexcept { stripes_[stripe].count.fetch_add(1, std::memory_order_relaxed); }

  // True when the object has no reference left.
  [[nodiscard]] bool drop(std::uint32_t stripe) noexcept {
    if (stripes_[stripe].count.fetch_sub(1, std::memory_order_acq_rel) != 1) return false;
    return live_stripes_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  // The owner's references, all at once.
  [[nodiscard]] bool drop_owner() noexcept {
    bool last = false;
    for (std::uint32_t stripe = 0; stripe < kStripeCount; ++stripe) last |= drop(stripe);
    return last;
  }

 private:
  struct alignas(64) Stripe {
    std::atomic<std::uint64_t> count{1};
  };
  Stripe stripes_[kStripeCount];
  std::atomic<std::uint32_t> live_stripes_{kStripeCount};
};

}  // namespace simdr::core
