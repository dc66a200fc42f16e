// A set of offsets: the tails a search has walked over, so that it does not walk the same stretch again. The file chooses the tails, so where
// they go depends on a seed that whoever made it does not know: with a fixed function they could all be meant for one place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "index/hash_mixer.h"

namespace simdr::core {

class TailMarks {
 public:
  explicit TailMarks(std::uint64_t seed) noexcept : mix_(seed) {}

  // `tail` is never 0. May throw std::bad_alloc.
  void insert(std::uint64_t tail) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    if (put(tail)) ++count_;
  }

  [[nodiscard]] bool contains(std::uint64_t tail) noexcept { return !slots_.empty() && slots_[place_of(tail)] == tail; }
  // Slots looked at beside the first, by all calls.
  [[nodiscard]] std::uint64_t detour() const noexcept { return detour_; }

 private:
  // Where it is, or where it goes.
  [[nodiscard]] std::size_t place_of(std::uint64_t tail) noexcept {
    std::size_t at = static_cast<std::size_t>(mix_(tail)) & (slots_.size() - 1);
    for (; slots_[at] != 0 && slots_[at] != tail; at = (at + 1) & (slots_.size() - 1)) ++detour_;
    return at;
  }

  bool put(std::uint64_t tail) noexcept {
    std::uint64_t& slot = slots_[place_of(tail)];
    if (slot == tail) return false;
    slot = tail;
    return true;
  }

  void grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const std::uint64_t tail : old) {
      if (tail != 0) put(tail);
    }
  }

  HashMixer mix_;
  std::vector<std::uint64_t> slots_;
  std::size_t count_ = 0;
  std::uint64_t detour_ = 0;
};

}  // namespace simdr::core
