// Spare handles of one mapping, a pile for each reader slot. A spare stays what it was but for what it is a handle of, and keeps its
// reference to the mapping: taking one and giving it back costs neither an allocation nor a locked operation, and a locked operation would
// also keep the cache misses of one lookup from overlapping with those of the next.
//
// The pile of a slot is touched by the slot's thread alone, in a read section. So retire(), which may be called by any thread, makes sure
// that no more is given, and waits for those who are at it.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/sanitizers.h"
#include "base/sole_writer.h"
#include "platform/per_reader.h"
#include "platform/read_section.h"

namespace simdr::core {

class HandlePool {
 public:
  // What a handle is to its pool. Made in memory of ::operator new and without a destructor that does anything: whoever retires the pool
  // frees it as memory.
  class Item {
   public:
    // The reference to the mapping is one of this stripe.
    explicit Item(std::uint32_t stripe) noexcept : stripe_(stripe) {}
    Item(const Item&) = delete;
    Item& operator=(const Item&) = delete;
    [[nodiscard]] std::uint32_t stripe() const noexcept { return stripe_; }

   private:
    friend class HandlePool;
    Item* next_ = nullptr;
    std::uint32_t stripe_;
  };

  // Null when there is none.
  [[nodiscard]] Item* take(const ReadSection& section) noexcept {
    return section.slot_is_shared() ? nullptr : take_from(piles_[section]);
  }
  [[nodiscard]] Item* take(const QuickReadSection& section) noexcept { return take_from(piles_[section]); }

  // False when it is not wanted; then the handle and its reference stay the caller's.
  [[nodiscard]] bool give(const ReadSection& section, Item* item) noexcept {
    return !section.slot_is_shared() && give_to(piles_[section], item);
  }
  [[nodiscard]] bool give(const QuickReadSection& section, Item* item) noexcept {
    return give_to(piles_[section], item);
  }

  // Ends giving; calls f(Item*) for each spare, which becomes the caller's with its reference. Not in a read section. Whoever took from
  // here must be done with it.
  template <typename F>
  void retire(F&& f) noexcept {
    is_retired_.store(true, std::memory_order_relaxed);
    wait_for_readers();
    for (std::size_t i = 0; i < piles_.kCount; ++i) {
      for (Item* item = piles_.at(i).top.exchange(nullptr, std::memory_order_acquire); item != nullptr;) {
        Item* const next = item->next_;
        f(item);
        item = next;
      }
    }
  }

 private:
  // As many as a batch of gets is likely to ask for at once. None under AddressSanitizer, so that it sees a handle that is used too long.
  static constexpr std::uint64_t kMostSpares = SIMDR_ASAN ? 0 : 1024;

  struct alignas(64) Pile {
    std::atomic<Item*> top{nullptr};
    std::atomic<std::uint64_t> size{0};
  };

  // Acquire and release: a thread that takes over the slot of one that is gone sees what that one left, and hands the sight of it on.
  [[nodiscard, gnu::always_inline]] static Item* take_from(Pile& pile) noexcept {
    Item* const top = pile.top.load(std::memory_order_acquire);
    if (top == nullptr) return nullptr;
    add_alone(pile.size, ~std::uint64_t{0});
    pile.top.store(top->next_, std::memory_order_release);
    return top;
  }
  [[nodiscard, gnu::always_inline]] bool give_to(Pile& pile, Item* item) const noexcept {
    if (is_retired_.load(std::memory_order_relaxed)) [[unlikely]]
      return false;
    if (pile.size.load(std::memory_order_relaxed) >= kMostSpares) return false;
    add_alone(pile.size, 1);
    item->next_ = pile.top.load(std::memory_order_acquire);
    pile.top.store(item, std::memory_order_release);
    return true;
  }

  PerReader<Pile> piles_;
  std::atomic<bool> is_retired_{false};
};

}  // namespace simdr::core
