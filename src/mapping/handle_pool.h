// Spare memory for the handles of one mapping, a pile for each reader slot. A spare keeps the reference to the mapping that its
// handle had: taking one and giving it back costs neither an allocation nor a locked operation, and a locked operation would
// also keep the cache misses of one lookup from overlapping with those of the next.
//
// The pile of a slot is touched by the slot's thread alone, in a read section. So retire(), which may be called by any thread, makes sure
// that no more is given, and waits for those who are at it.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>

#include "base/sanitizers.h"
#include "platform/per_reader.h"
#include "platform/read_section.h"

namespace simdr::core {

class HandlePool {
 public:
  // What lies in the memory of a spare.
  struct Spare {
    Spare* next;
    std::uint32_t stripe;  // of the reference that it keeps
  };

  // Null when there is none.
  [[nodiscard]] Spare* take(const ReadSection& section) noexcept {
    return section.slot_is_shared() ? nullptr : take_from(piles_[section]);
  }
  [[nodiscard]] Spare* take(const QuickReadSection& section) noexcept { return take_from(piles_[section]); }

  // False when it is not wanted; then the memory and the reference stay the caller's.
  [[nodiscard]] bool give(const ReadSection& section, void* memory, std::uint32_t stripe) noexcept {
    if (section.slot_is_shared() || is_retired_.load(std::memory_order_relaxed)) [[unlikely]]
      return false;
    Pile& pile = piles_[section];
    const std::uint32_t size = pile.size.load(std::memory_order_relaxed);
    if (size >= kMostSpares) return false;
    pile.size.store(size + 1, std::memory_order_relaxed);
    // Acquire and release, here and above: a thread that takes over the slot of one that is gone sees what that one left, and
    // hands the sight of it on.
    Spare* const top = pile.top.load(std::memory_order_acquire);
    pile.top.store(::new (memory) Spare{top, stripe}, std::memory_order_release);
    return true;
  }

  // Ends giving; calls f(Spare*) for each spare, whose memory and reference become the caller's. Not in a read section. Whoever took from
  // here must be done with it.
  template <typename F>
  void retire(F&& f) noexcept {
    is_retired_.store(true, std::memory_order_relaxed);
    wait_for_readers();
    for (std::size_t i = 0; i < piles_.kCount; ++i) {
      for (Spare* spare = piles_.at(i).top.exchange(nullptr, std::memory_order_acquire); spare != nullptr;) {
        Spare* const next = spare->next;
        f(spare);
        spare = next;
      }
    }
  }

 private:
  // As many as a batch of gets is likely to ask for at once. None under AddressSanitizer, so that it sees a handle that is used too long.
  static constexpr std::uint32_t kMostSpares = SIMDR_ASAN ? 0 : 1024;

  struct alignas(64) Pile {
    std::atomic<Spare*> top{nullptr};
    std::atomic<std::uint32_t> size{0};
  };

  [[nodiscard]] static Spare* take_from(Pile& pile) noexcept {
    Spare* const top = pile.top.load(std::memory_order_acquire);
    if (top == nullptr) return nullptr;
    pile.size.store(pile.size.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    pile.top.store(top->next, std::memory_order_release);
    return top;
  }

  PerReader<Pile> piles_;
  std::atomic<bool> is_retired_{false};
};

}  // namespace simdr::core
